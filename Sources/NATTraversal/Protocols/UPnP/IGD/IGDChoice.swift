import Logging

/// The connection service that is used, among those a gateway offers (D-6).
struct IGDChoice: GatewayService {
    let connection: IGDConnection
    /// Why this one, for verbose output.
    let reason: String
    /// What it said of its state, if it was asked.
    var status: IGDStatus?
    /// The external address it told, if it was asked and has one.
    var externalAddress: IPv4Address?

    var type: UPnPType { connection.type }

    static func isOffered(by device: UPnPDevice) -> Bool { !device.connectionServices.isEmpty }

    static func chosen(
        from device: UPnPDevice, until deadline: ContinuousClock.Instant
    ) async throws -> IGDChoice? { try await among(device, until: deadline) }

    static func other(
        than found: IGDFinder.Found, of finder: IGDFinder, after failure: UPnPFailure,
        _ budget: TimeBudget
    ) async throws -> IGDFinder.Found? {
        try await finder.otherTree(than: found, after: failure, budget)
    }

    /// Chooses among the connection services of `device`.
    ///
    /// Each of several is asked whether it is connected and for its address; what they answer decides
    /// in the order of `Rank`, then the one that the gateway calls its default, then the order of
    /// types. A single one need not be asked.
    ///
    /// - Parameters:
    ///   - device: the gateway's.
    ///   - deadline: when to stop asking.
    ///   - isCandidate: which services come into question.
    /// - Returns: `nil` when the device has none that may be called.
    /// - Throws: `CancellationError`; a service that does not answer ranks last.
    static func among(
        _ device: UPnPDevice, until deadline: ContinuousClock.Instant,
        where isCandidate: (UPnPService) -> Bool = { _ in true }
    ) async throws -> IGDChoice? {
        guard let local = device.localAddress else { return nil }
        let connections = device.connectionServices.filter(isCandidate).compactMap {
            IGDConnection($0, localAddress: local)
        }
        guard let first = connections.first else { return nil }
        guard connections.count > 1 else {
            return IGDChoice(connection: first, reason: "the only connection service")
        }
        var candidates: [Candidate] = []
        for connection in connections {
            candidates.append(try await Candidate(asking: connection, until: deadline))
        }
        let best = candidates.map(\.rank).min() ?? .silent
        let tied = candidates.filter { $0.rank == best }
        let chosen =
            try await defaultConnection(of: device, among: tied, until: deadline) ?? tied[0]
        for candidate in candidates {
            log.debug("\(candidate.connection.type): \(candidate.state)")
        }
        return IGDChoice(
            connection: chosen.connection, reason: chosen.reason, status: chosen.status,
            externalAddress: chosen.address)
    }

    /// The one of several equals that Layer3Forwarding names.
    private static func defaultConnection(
        of device: UPnPDevice, among candidates: [Candidate],
        until deadline: ContinuousClock.Instant
    ) async throws -> Candidate? {
        guard candidates.count > 1,
            let forwarding = device.services.first(where: { $0.name == "Layer3Forwarding" })
        else { return nil }
        do {
            let reply = try await forwarding.invoke(
                "GetDefaultConnectionService",
                until: min(deadline, forwarding.http.now + .upnpRequest))
            let name = try reply.required("NewDefaultConnectionService")
            return candidates.first { $0.connection.service.isNamed(byDefault: name) }
        } catch is UPnPFailure {
            return nil
        }
    }

    /// How good a service looks, best first.
    private enum Rank: Int, Comparable {
        case connectedPublic, connectedElsewhere, connected, notConnected, silent

        static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }
    }

    /// A service with what it said of itself.
    private struct Candidate {
        var connection: IGDConnection
        var status: IGDStatus?
        var address: IPv4Address?

        init(asking connection: IGDConnection, until deadline: ContinuousClock.Instant) async throws
        {
            self.connection = connection
            do {
                // One that never answers must not take the others' time.
                status = try await connection.status(
                    until: connection.optionalDeadline(deadline))
                address = try await connection.externalAddress(
                    until: connection.optionalDeadline(deadline))
            } catch let failure as UPnPFailure {
                log.debug("\(connection.type.name): \(failure)")
            }
        }

        var rank: Rank {
            guard let status else { return .silent }
            guard status.isConnected else { return .notConnected }
            guard let address else { return .connected }
            return address.scope == .public ? .connectedPublic : .connectedElsewhere
        }

        /// What it said, for verbose output.
        var state: String {
            guard let status else { return "did not tell its state" }
            return "\(status.text), address \(address.map(\.description) ?? "none")"
        }

        var reason: String {
            switch rank {
            case .connectedPublic: "connected, with a public address"
            case .connectedElsewhere: "connected, with an address that is not public"
            case .connected: "connected, without an address"
            case .notConnected: "none is connected; the best type"
            case .silent: "none tells its state; the best type"
            }
        }
    }
}

extension UPnPService {
    /// Whether `text`, a device and `,` and a service identifier, names this service
    /// (Layer3Forwarding:1, section 2.2.1).
    fileprivate func isNamed(byDefault text: String) -> Bool {
        let parts = text.split(separator: ",", maxSplits: 1).map { $0.trimmingBlanks() }
        guard parts.count == 2, let identifier, let deviceName, !deviceName.isEmpty else {
            return false
        }
        return parts[0].hasPrefix(deviceName) && parts[1] == identifier
    }
}
