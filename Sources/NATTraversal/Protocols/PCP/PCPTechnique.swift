/// PCP as a mapping technique.
final class PCPTechnique: MappingTechnique {
    private let client: PCPClient
    private let socket: GatewaySocket
    /// Whether to send NAT-PMP requests too while the gateway is silent.
    private let asksNATPMP: Bool

    /// The lifetime of the temporary mapping that reveals the external address.
    private static let addressLifetimeSeconds: UInt32 = 120
    /// How long to wait for its deletion to be confirmed: it expires in two minutes anyway.
    private static let addressDeletion = Duration.seconds(2)

    /// How long to wait for the answer to an empty delete from a gateway that has just answered.
    private static let emptyDelete = Duration.seconds(1)

    init(_ socket: GatewaySocket, asksNATPMP: Bool) {
        self.socket = socket
        self.asksNATPMP = asksNATPMP
        client = PCPClient(socket: socket)
    }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe {
        var probe = TechniqueProbe(
            epochSeconds: try await client.announce(limit), tellsAddress: false)
        probe.answered = socket.now
        if socket.local.address.family == .ipv4 {
            let rest = min(Self.emptyDelete, limit.deadline - socket.now)
            let budget = TimeBudget(limit: max(.zero, rest), from: socket.now)
            probe.externalAddress = try await client.addressByEmptyDelete(
                AskLimit(budget: budget))
        }
        return probe
    }

    /// Maps the UDP port of the client's own socket, behind which nothing else listens, and deletes
    /// the mapping again: PCP has no other way to learn the address (RFC 6887, section 11).
    ///
    /// Of IPv6 it is the client's own.
    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? {
        if socket.local.address.family == .ipv6 {
            _ = try await client.announce(limit)
            return socket.local.address
        }
        do {
            return try await externalAddress(suggesting: nil, limit)
        } catch PortMapperError.refused(let refusal)
            where GatewayReaction(to: refusal).remedies.contains(.anotherAddress)
        {
            // Old miniupnpd refuses every suggestion of 0.0.0.0, and takes "::" for none.
            return try await externalAddress(suggesting: .v6(.unspecified), limit)
        }
    }

    private func externalAddress(
        suggesting address: IPAddress?, _ limit: AskLimit
    ) async throws -> IPAddress? {
        await socket.beginQuestion()
        let request = PCPMapRequest(
            nonce: .random(), transport: .udp, internalPort: socket.local.port,
            externalAddress: address, lifetimeSeconds: Self.addressLifetimeSeconds)
        do {
            let grant = try await client.map([request], limit)[0].flatMap(client.grant(in:)).get()
            let budget = TimeBudget(limit: Self.addressDeletion, from: socket.now)
            _ = try await client.unmap([request.delete], AskLimit(budget: budget))
            return grant.externalAddress.ifSpecified
        } catch {
            if case PortMapperError.refused = error { throw error }
            client.withdraw(request)
            throw error
        }
    }

    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        try await client.answers(to: attempts.map(\.pcpRequest), asksNATPMP: asksNATPMP, limit)
            .map { answer in
                TechniqueAnswer(
                    result: answer.result.flatMap(client.grant(in:)).map(MappingGrant.init),
                    wasSent: answer.wasSent)
            }
    }

    func withdraw(_ attempt: MappingAttempt) { client.withdraw(attempt.pcpRequest) }

    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        try await client.unmap(leases.map(\.pcpDelete), limit).map { $0.map { .deleted } }
    }

    func begin() {}

    /// Asks for the shortest lifetime that the gateway has, of a pinhole that it does not delete.
    ///
    /// - Returns: that lifetime, in seconds.
    func shorten(
        _ lease: Lease, _ limit: AskLimit
    ) async throws -> Result<UInt32, PortMapperError> {
        var request = lease.pcpDelete
        request.lifetimeSeconds = 1
        request.externalPort = lease.key.internalPort.rawValue
        request.externalAddress = lease.key.internalAddress
        return try await client.map([request], limit)[0].flatMap(client.grant(in:)).map {
            $0.lifetime.wholeSeconds
        }
    }
}

extension MappingGrant {
    init(_ grant: PCPClient.Grant) {
        technique = .pcp
        externalAddress = grant.externalAddress.ifSpecified
        externalPort = grant.externalPort
        lifetimeSeconds = grant.lifetime.wholeSeconds
    }
}

extension MappingAttempt {
    /// The PCP request for it.
    fileprivate var pcpRequest: PCPMapRequest {
        let variation = ladder.variation
        let remoteHost = request.remoteHost
        let isRenewal = plan == .renewal && old?.technique == .pcp
        // Nothing is translated in IPv6, and a renewal is answered with whatever it suggests (N-18).
        let address = isPinhole ? key.internalAddress : isRenewal ? old?.externalAddress : nil
        return PCPMapRequest(
            nonce: nonce, transport: key.transport, internalPort: key.internalPort.rawValue,
            externalPort: variation.suggestion.wireValue,
            externalAddress: variation.suggestsAddress ? address ?? .v6(.unspecified) : address,
            lifetimeSeconds: lifetimeSeconds,
            thirdParty: isThirdParty ? key.internalAddress : nil, remoteHost: remoteHost,
            clearsFilters: isRenewal && old?.remoteHost != remoteHost,
            prefersFailure: request.isExact && !variation.isBare,
            description: variation.isBare ? nil : request.description)
    }
}

extension Lease {
    /// The PCP request that deletes it.
    fileprivate var pcpDelete: PCPMapRequest {
        PCPMapRequest(
            nonce: nonce ?? .random(), transport: key.transport,
            internalPort: key.internalPort.rawValue, lifetimeSeconds: 0,
            thirdParty: isThirdParty ? key.internalAddress : nil)
    }
}
