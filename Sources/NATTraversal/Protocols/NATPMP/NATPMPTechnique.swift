import Logging

/// NAT-PMP as a mapping technique.
final class NATPMPTechnique: MappingTechnique {
    private let client: NATPMPClient
    private let socket: GatewaySocket
    /// Whether to send PCP requests too while the gateway is silent.
    private let asksPCP: Bool
    /// The external address reported since `begin`; `.some(nil)` when the gateway has none.
    private var address: IPAddress??
    /// The granted external ports by internal port.
    private var granted: [PortNumber: PortNumber] = [:]

    init(_ socket: GatewaySocket, asksPCP: Bool) {
        self.socket = socket
        self.asksPCP = asksPCP
        client = NATPMPClient(socket: socket)
    }

    func begin() {
        address = nil
        granted = [:]
    }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe {
        let answer = try await client.externalAddress(limit)
        return TechniqueProbe(
            epochSeconds: answer.epochSeconds,
            externalAddress: IPAddress.v4(answer.address).ifSpecified)
    }

    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? {
        let answer = try await client.externalAddress(asksPCP: asksPCP, limit)
        return IPAddress.v4(answer.address).ifSpecified
    }

    /// Maps one port at a time (RFC 6886, section 3.1).
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        try await oneByOne(attempts) { position in
            TechniqueAnswer(result: try await Result { try await map(attempts[position], limit) })
        }
    }

    /// Maps, and asks for the external address together with the first mapping.
    private func map(_ attempt: MappingAttempt, _ limit: AskLimit) async throws -> MappingGrant {
        let request = attempt.natpmpRequest(suggesting: siblingPort(of: attempt))
        let grant: NATPMPClient.Grant
        if address == nil {
            let answers = try await client.mapAndAddress(request, limit)
            grant = answers.grant
            switch answers.address {
            case .success(let told): address = .some(IPAddress.v4(told).ifSpecified)
            case .failure(.refused(let refusal)) where refusal.kind == .noExternalAddress:
                address = .some(nil)
            // The response was lost, or says nothing of the address: the next mapping asks again.
            case .failure, nil: break
            }
        } else {
            grant = try await client.map(request, limit)
        }
        granted[attempt.key.internalPort] = grant.externalPort
        return MappingGrant(
            technique: .natPMP, externalAddress: address ?? nil,
            externalPort: grant.externalPort, lifetimeSeconds: grant.lifetimeSeconds,
            isAddressKnown: address != nil)
    }

    /// The gateway reserves the other transport's port for the same host (RFC 6886, section 3.3).
    private func siblingPort(of attempt: MappingAttempt) -> PortNumber? {
        let suggestion = attempt.ladder.variation.suggestion
        guard attempt.plan != .renewal, attempt.request.externalPort == nil,
            attempt.request.former == nil,
            !suggestion.isExact, suggestion.port == suggestion.wanted
        else { return nil }
        return granted[attempt.key.internalPort]
    }

    func withdraw(_ attempt: MappingAttempt) {
        client.withdraw(attempt.natpmpRequest(suggesting: nil))
    }

    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        try await oneByOne(leases) { lease in
            try await delete(lease, limit)
            return .deleted
        }
    }

    /// A delete has external port 0 (RFC 6886, section 3.4); one gateway refuses that and takes the
    /// granted port.
    private func delete(_ lease: Lease, _ limit: AskLimit) async throws {
        let (transport, port) = (lease.key.transport, lease.key.internalPort)
        do {
            try await client.unmap(transport, internalPort: port, limit)
        } catch PortMapperError.refused(let refusal) {
            log.debug("\(socket.gateway): it refused a delete (\(refusal.code)); naming its port")
            try await client.unmap(
                transport, internalPort: port, grantedPort: lease.externalPort, limit)
        }
    }
}

extension MappingAttempt {
    /// The NAT-PMP request for it.
    fileprivate func natpmpRequest(suggesting port: PortNumber?) -> NATPMPRequest {
        .map(
            key.transport, internalPort: key.internalPort.rawValue,
            suggestedExternalPort: port?.rawValue ?? ladder.variation.suggestion.wireValue,
            lifetimeSeconds: lifetimeSeconds)
    }
}
