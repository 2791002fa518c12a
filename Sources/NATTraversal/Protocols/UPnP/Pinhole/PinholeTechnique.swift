import Logging

/// UPnP as a mapping technique for IPv6: the gateway's firewall control.
final class PinholeTechnique: UPnPTechnique {
    private let service: GatewayServiceAsker<PinholeControl>
    private let socket: GatewaySocket
    /// The state of the firewall since `begin`.
    private var status: PinholeControl.Status?

    init(_ finder: any ServiceFinding<PinholeControl>, _ socket: GatewaySocket) {
        service = GatewayServiceAsker(finder, socket)
        self.socket = socket
    }

    func begin() {
        status = nil
        service.begin()
    }

    var search: any RivalSearch { service.finder }
    var device: UPnPDevice? { service.finder.device }
    var warnings: [MapperWarning] { service.finder.warnings }
    var problem: PortMapperError? { service.finder.lastProblem }
    var moveCount: Int { service.moveCount }
    func forget() { service.finder.forget() }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe {
        try await service.ask(limit) { found in
            try await requireInbound(by: found.choice, limit)
            return TechniqueProbe(
                externalAddress: socket.local.address, device: (found.device, nil))
        }
    }

    /// The address to be opened, once the gateway has shown that it would open it.
    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? {
        try await probe(limit).externalAddress
    }

    /// Opens one port at a time, because small gateways hang on simultaneous requests.
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        try await oneByOne(attempts) { position in
            try await open(attempts[position], limit) { try await record(position, $0) }
        }
    }

    private func open(
        _ attempt: MappingAttempt, _ limit: AskLimit,
        recording record: (PortNumber) async throws -> Void
    ) async throws -> TechniqueAnswer {
        let port = attempt.key.internalPort
        /// Whether the gateway may have carried the last request out without confirming it.
        var isOpen = false
        func grant() async throws -> MappingGrant {
            try await service.ask(limit) { found in
                isOpen = false
                let control = found.choice
                let pinhole = try attempt.intent(at: .now).pinhole
                var opening = PinholeControl.Opening.firewallOff
                if try await requireInbound(by: control, limit) {
                    try await record(port)
                    do {
                        opening = try await control.open(
                            pinhole, leaseSeconds: attempt.lifetimeSeconds,
                            until: limit.budget.deadline)
                    } catch let failure as UPnPFailure {
                        isOpen = failure.mayHaveBeenDone
                        throw failure
                    }
                }
                return MappingGrant(opening, of: pinhole, askedSeconds: attempt.lifetimeSeconds)
            }
        }
        let result = try await Result {
            let first = try await grant()
            // PCP and UPnP open one pinhole: deleting a late grant of PCP has closed this one.
            return await socket.answerLateGrants() ? try await grant() : first
        }
        return TechniqueAnswer(result: result, openPort: isOpen ? port : nil)
    }

    /// Checks that the gateway lets clients open ports.
    ///
    /// - Returns: whether there is a firewall to open.
    /// - Throws: the `PortMapperError` of InboundPinholeNotAllowed, `UPnPFailure` of a gateway that
    ///   is silent, `CancellationError`.
    @discardableResult
    private func requireInbound(
        by control: PinholeControl, _ limit: AskLimit
    ) async throws -> Bool {
        if status == nil {
            do { status = try await control.status(until: service.firstDeadline(limit)) } catch let
                failure as UPnPFailure where failure.isUnreadable
            {
                // AddPinhole will show it.
                log.debug("\(control.type): no state of the firewall told: \(failure)")
                return true
            }
        }
        guard let status else { return true }
        guard status.isEnabled else { return false }
        guard status.allowsInbound else {
            throw UPnPFailure.fault(
                code: UPnPErrorCode.inboundPinholeNotAllowed.rawValue, words: nil)
        }
        return true
    }

    /// Does nothing: an unanswered request of UPnP has its lease as asked for.
    func withdraw(_ attempt: MappingAttempt) {}

    /// Closes the pinholes of leases, whether UPnP or PCP has opened them: both open the same one,
    /// and miniupnpd 2.3.1 forgets PCP's nonce.
    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        try await oneByOne(leases) { lease in
            let pinhole = try lease.pinhole
            return try await service.ask(limit) { found in
                try await found.choice.close(pinhole, until: limit.budget.deadline)
            }
        }
    }
}

extension MappingGrant {
    /// A pinhole: nothing is translated, and nothing reads it back.
    init(_ opening: PinholeControl.Opening, of pinhole: Pinhole, askedSeconds: UInt32) {
        technique = .upnp
        externalAddress = .v6(pinhole.client)
        externalPort = pinhole.port
        switch opening {
        case .opened(let seconds): lifetimeSeconds = seconds
        case .firewallOff:
            // Nothing ends, but the firewall may be switched on again: it is asked about in time.
            lifetimeSeconds = min(askedSeconds, PinholeControl.longestLease)
            isFirewallOff = true
        }
    }
}

extension Lease {
    /// The pinhole that it names.
    ///
    /// - Throws: `PortMapperError.inexpressible` for addresses of IPv4.
    var pinhole: Pinhole {
        get throws(PortMapperError) {
            guard case .v6(let client) = key.internalAddress else {
                throw .inexpressible("a pinhole is for an IPv6 address")
            }
            var pinhole = Pinhole(
                transport: key.transport, client: client, port: key.internalPort)
            switch remoteHost {
            case .v6(let address): pinhole.remoteHost = address
            // miniupnpd makes a rule of it that nobody matches.
            case .v4: throw .inexpressible("a pinhole can be limited to an IPv6 address only")
            case nil: break
            }
            return pinhole
        }
    }
}
