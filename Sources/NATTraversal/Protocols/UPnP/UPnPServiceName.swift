/// A service as a person names it: by its type, its short name, or its control URL.
package enum UPnPServiceName: Hashable, Sendable {
    /// `urn:schemas-upnp-org:service:WANIPConnection:1`.
    case type(UPnPType)
    /// `WANIPConnection`.
    case short(String)
    /// As `upnp-scan` shows it.
    case control(HTTPURL)

    /// Reads one of the three; `nil` for a URL that is refused and for a device's type.
    package init?(_ text: String) {
        if text.hasPrefix("http:") {
            guard let (url, zone) = try? HTTPURL.givenByUser(text), zone == nil else { return nil }
            self = .control(url)
        } else if text.contains(":") {
            guard let type = UPnPType(text), type.kind == .service else { return nil }
            self = .type(type)
        } else {
            guard !text.isEmpty else { return nil }
            self = .short(text)
        }
    }

    /// Whether it names this service; case does not matter.
    func matches(_ service: UPnPService) -> Bool {
        switch self {
        case .type(let type): service.type.isEqualIgnoringCase(type.description)
        case .short(let name): service.name.isEqualIgnoringCase(name)
        case .control(let url): service.control.url.map(url.matches) ?? false
        }
    }
}

/// The services that bear a name.
package enum UPnPServiceSearch: Sendable {
    case found(UPnPService)
    /// Several devices have one, and none of them is the gateway.
    case ambiguous([UPnPService])
    case nothing
}

extension UPnPBrowser {
    /// Finds the service of this name: the gateway's, else the only device's that has one.
    ///
    /// - Parameters:
    ///   - name: what the user calls it.
    ///   - deadline: when to give up; devices other than the gateway are waited for 3 s at most.
    /// - Returns: the service, or why there is no single one.
    /// - Throws: `PortMapperError.system`, `CancellationError`.
    package func service(
        named name: UPnPServiceName, until deadline: ContinuousClock.Instant
    ) async throws -> UPnPServiceSearch {
        var matches: [UPnPService] = []
        var gateways: [UPnPDevice] = []
        _ = try await scan(named: name, until: deadline) { device in
            let services = device.services.filter(name.matches)
            guard !services.isEmpty else { return .goOn }
            matches += services
            if device.isDefaultGateway { gateways.append(device) }
            return device.isDefaultGateway ? .stop : .goOn
        }
        guard let gateway = gateways.first else {
            return matches.count > 1
                ? .ambiguous(matches) : matches.first.map { .found($0) } ?? .nothing
        }
        return try await Self.service(named: name, of: gateway, until: deadline)
    }

    /// The service of this name on one device; of several connection services the one in use (D-6).
    ///
    /// - Throws: `CancellationError`.
    package static func service(
        named name: UPnPServiceName, of device: UPnPDevice,
        until deadline: ContinuousClock.Instant
    ) async throws -> UPnPServiceSearch {
        let matches = device.services.filter(name.matches)
        guard matches.count > 1 else { return matches.first.map { .found($0) } ?? .nothing }
        let choice = try await IGDChoice.among(device, until: deadline)
        guard let chosen = choice?.connection.service, name.matches(chosen) else {
            return .ambiguous(matches)
        }
        return .found(chosen)
    }

    /// Asks for gateways, and a moment later, when none has stopped the search, for everything: that
    /// wakes every television (S-1).
    private func scan(
        named name: UPnPServiceName, until deadline: ContinuousClock.Instant,
        _ found: (UPnPDevice) async -> Verdict
    ) async throws -> Summary {
        let duration = min(.seconds(3), deadline - .now)
        let firstRound = Duration.milliseconds(300)
        var plan = SSDPSearchPlan.scan(for: nil, duration: duration).delayed(by: firstRound)
        plan.sends.insert(
            contentsOf: SSDPSearchPlan.gateway.sends.prefix { $0.offset < firstRound }, at: 0)
        let end = ContinuousClock.now + duration
        return try await search(
            plan, until: end, fetchesUntil: min(end + .seconds(1), deadline), found)
    }
}
