import NATTraversal

extension GatewayState {
    /// Does what a datagram that is not NAT-PMP asks (RFC 6887, section 8.3).
    mutating func reactToPCP(
        _ request: [UInt8], _ operation: GatewayOperation, from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) -> Reaction {
        // Fragments and responses are not answered.
        guard request.count >= 2, request[1] < 128 else { return Reaction() }
        do throws(PCPResult) {
            try check(request, from: client)
            if let refusal = faults.refusal(of: operation) { throw PCPResult(refusal) }
            if operation == .pcpAnnounce {
                return Reaction(answer: pcpHeader(request, lifetimeSeconds: 0, at: now))
            }
            let map = try MapQuestion(parsing: request)
            return try react(to: map, request, from: client, at: now)
        } catch {
            return Reaction(answer: pcpError(request, error, at: now))
        }
    }

    /// The checks that every opcode shares, in the RFC's order.
    private func check(_ request: [UInt8], from client: SocketAddress) throws(PCPResult) {
        guard request[0] == 2 else { throw .unsupportedVersion }
        guard request[1] <= 1 else { throw .unsupportedOpcode }
        let shortest = request[1] == 0 ? 24 : 60
        guard request.count >= shortest, request.count <= 1100, request.count % 4 == 0 else {
            throw .malformedRequest
        }
        guard number(request, 8..<24) == client.mappedAddress.rawValue else {
            throw .addressMismatch
        }
    }

    /// The first 24 bytes of an answer.
    func pcpHeader(
        _ request: [UInt8], result: UInt8 = 0, lifetimeSeconds: UInt32,
        at now: ContinuousClock.Instant
    ) -> [UInt8] {
        [2, request[1] | 0x80, 0, result] + octets(lifetimeSeconds)
            + octets(epoch.seconds(at: now)) + [UInt8](repeating: 0, count: 12)
    }

    /// A refusal: behind the header, the request comes back as far as it fits.
    private func pcpError(
        _ request: [UInt8], _ refusal: PCPResult, at now: ContinuousClock.Instant
    ) -> [UInt8] {
        let common = refusal.hasOwnLifetime ? nil : faults.errorLifetimeSeconds
        let lifetime = common ?? refusal.lifetimeSeconds
        var answer = pcpHeader(
            request, result: refusal.code, lifetimeSeconds: lifetime, at: now)
        if faults.sendsHeaderOnlyErrors || refusal == .unsupportedVersion { return answer }
        answer += request.dropFirst(24).prefix(1100 - 24)
        return answer + [UInt8](repeating: 0, count: (4 - answer.count % 4) % 4)
    }
}

extension SocketAddress {
    /// The address as PCP writes it, 16 bytes.
    var mappedAddress: IPv6Address {
        switch address {
        case .v4(let address): IPv6Address(mapping: address)
        case .v6(let address): address
        }
    }
}
