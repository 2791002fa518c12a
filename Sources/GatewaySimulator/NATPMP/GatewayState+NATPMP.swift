import NATTraversal

extension GatewayState {
    /// Result codes of RFC 6886, section 3.5.
    private enum Result {
        static let success: UInt16 = 0
        static let notAuthorized: UInt16 = 2
        static let networkFailure: UInt16 = 3
        static let outOfResources: UInt16 = 4
        static let unsupportedOpcode: UInt16 = 5
    }

    /// Does what a version 0 datagram asks (RFC 6886, section 3).
    mutating func reactToNATPMP(
        _ request: [UInt8], _ operation: GatewayOperation, from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) -> Reaction {
        // Responses and fragments are not answered.
        guard request.count >= 2, request[1] < 128 else { return Reaction() }
        switch request[1] {
        case 0:
            let refusal = faults.refusal(of: operation)?.code
            let header = header(request, refusal ?? Result.success, at: now)
            return Reaction(
                answer: header + (refusal == nil ? reportedAddress.octets : [0, 0, 0, 0]))
        case 1, 2:
            guard request.count >= 12 else { return Reaction() }
            if let refusal = faults.refusal(of: operation) {
                return Reaction(answer: failure(request, refusal.code, at: now))
            }
            return operation == .natpmpDelete
                ? delete(request, from: client, at: now) : map(request, from: client, at: now)
        default:
            // The whole request comes back, so that its bytes stand where the epoch would.
            let answer =
                [0, request[1] | 0x80] + octets(Result.unsupportedOpcode) + request.dropFirst(4)
            return Reaction(answer: answer)
        }
    }

    private mutating func map(
        _ request: [UInt8], from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> Reaction {
        let internalPort: UInt16 = number(request, 4..<6)
        guard internalPort != 0 else {
            return Reaction(answer: failure(request, Result.notAuthorized, at: now))
        }
        let wish = MappingWish(
            transport: transport(of: request),
            endpoint: SocketAddress(client.address, port: internalPort),
            suggestedPort: number(request, 6..<8), lifetimeSeconds: number(request, 8..<12),
            technique: .natPMP)
        do throws(Denial) {
            let grant = try grant(wish, at: now)
            return Reaction(
                answer: header(request, Result.success, at: now) + octets(internalPort)
                    + octets(grant.externalPort) + octets(grant.lifetimeSeconds))
        } catch {
            let result =
                switch error {
                case .owned: Result.notAuthorized
                case .noPort: Result.outOfResources
                case .refused(let refusal): refusal.code
                }
            return Reaction(answer: failure(request, result, at: now))
        }
    }

    /// Deletes one mapping, or with internal port 0 all of the client's of that transport.
    ///
    /// What is not there is deleted with success; what another technique made is refused
    /// (section 3.4).
    private mutating func delete(
        _ request: [UInt8], from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> Reaction {
        let internalPort: UInt16 = number(request, 4..<6)
        let transport = transport(of: request)
        let isMeant = { (mapping: SimulatedMapping) in
            mapping.transport == transport && mapping.internalEndpoint.address == client.address
                && (internalPort == 0 || mapping.internalEndpoint.port == internalPort)
        }
        let externalPort: UInt16 = number(request, 6..<8)
        if faults.deletesOnlyByGrantedPort,
            externalPort == 0
                || table.mappings.contains(where: {
                    isMeant($0) && $0.externalPort != externalPort
                })
        {
            return Reaction(answer: failure(request, Result.networkFailure, at: now))
        }
        let isForeign = table.mappings.contains { isMeant($0) && $0.technique != .natPMP }
        let ended = table.remove { isMeant($0) && $0.technique == .natPMP }
        let result = isForeign ? Result.notAuthorized : Result.success
        return Reaction(
            answer: header(request, result, at: now) + octets(internalPort) + [0, 0, 0, 0, 0, 0],
            ended: ended)
    }

    private func transport(of request: [UInt8]) -> TransportProtocol {
        request[1] == 1 ? .udp : .tcp
    }

    /// The first 8 bytes of an answer.
    private func header(
        _ request: [UInt8], _ result: UInt16, at now: ContinuousClock.Instant
    ) -> [UInt8] {
        [0, request[1] | 0x80] + octets(result) + octets(epoch.seconds(at: now))
    }

    /// A mapping's refusal: ports and lifetime come back as they were asked for.
    private func failure(
        _ request: [UInt8], _ result: UInt16, at now: ContinuousClock.Instant
    ) -> [UInt8] {
        header(request, result, at: now) + request[4..<12]
    }
}
