import Logging

/// How a search for a gateway ended.
enum UPnPGatewaySearch: Sendable {
    /// A device with the service that is looked for.
    case found(UPnPDevice)
    /// A default gateway has answered, but offers no service that maps ports: its line is down or it
    /// was switched off (D-8).
    case notOffered(UPnPDevice)
    /// A default gateway has answered, but its description could not be fetched or read; its
    /// `problem` says why.
    case unusable(UPnPDevice)
    /// Nothing that could be a gateway has answered.
    case nothing
}

extension UPnPBrowser {
    /// Finds the default gateway's device, or another one that has a service which maps ports.
    ///
    /// - Parameter timeout: how long it is waited for.
    /// - Returns: a device with at least one of `UPnPDevice.connectionServices`; `nil` where none
    ///   answers.
    /// - Throws: `PortMapperError.system`, `CancellationError`.
    public func gateway(timeout: Duration = .seconds(3)) async throws -> UPnPDevice? {
        guard case .found(let device) = try await findGateway(until: .now + timeout) else {
            return nil
        }
        return device
    }

    /// Searches for the default gateway's service that opens ports.
    ///
    /// Stops as soon as that is known. A device at another address is taken when no default gateway
    /// has answered until the search is over: a gateway may answer from another address than its own
    /// (S-10), or it is somebody else's (S-9), which the caller must say
    /// (`UPnPDevice.isDefaultGateway`).
    ///
    /// - Parameters:
    ///   - isOffered: whether a device has the service; connection services are looked for where it
    ///     is left out.
    ///   - deadline: when to stop listening for answers.
    ///   - fetchDeadline: when to give up the description of a gateway that has answered; `nil` is
    ///     `deadline`.
    /// - Returns: the best that was found.
    /// - Throws: `PortMapperError.system`, `CancellationError`.
    func findGateway(
        offering isOffered: (UPnPDevice) -> Bool = { !$0.connectionServices.isEmpty },
        until deadline: ContinuousClock.Instant,
        fetchesUntil fetchDeadline: ContinuousClock.Instant? = nil
    ) async throws -> UPnPGatewaySearch {
        var best: UPnPDevice?
        var silent: UPnPDevice?
        var unusable: UPnPDevice?
        var hasAnswered = false
        _ = try await search(
            .gateway, until: deadline, fetchesUntil: deadline, gatewaysUntil: fetchDeadline
        ) { device in
            log.debug("\(device.location): \(device.connectionServices.count) connection services")
            let isUsable = isOffered(device)
            if device.isDefaultGateway {
                hasAnswered = true
                if device.problem != nil { unusable = unusable ?? device }
            }
            guard isUsable else {
                if device.isDefaultGateway, device.isGatewayType { silent = device }
                return .goOn
            }
            if device.isDefaultGateway || best == nil { best = device }
            return device.isDefaultGateway ? .stop : .isEnough
        }
        if let best, best.isDefaultGateway || !hasAnswered { return .found(best) }
        if let silent { return .notOffered(silent) }
        if let unusable { return .unusable(unusable) }
        return .nothing
    }

    /// Searches for a gateway's device of which `isWanted` holds.
    ///
    /// - Throws: `PortMapperError.system`, `CancellationError`.
    func findDevice(
        until deadline: ContinuousClock.Instant, where isWanted: (UPnPDevice) -> Bool
    ) async throws -> UPnPDevice? {
        var found: UPnPDevice?
        _ = try await search(.gateway, until: deadline, fetchesUntil: deadline) { device in
            guard isWanted(device) else { return .goOn }
            found = device
            return .stop
        }
        return found
    }
}

extension UPnPDevice {
    /// Whether the device calls itself an Internet gateway.
    fileprivate var isGatewayType: Bool {
        deviceType.flatMap(UPnPType.init)?.namesGateway ?? false
    }
}
