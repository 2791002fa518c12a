import Testing

@testable import NATTraversal

extension PacketFixture {
    /// What a client does that waits for an answer and gets this, each time it asks.
    private enum Ending: Equatable {
        case accepted
        /// Believed, but only when the next send was due.
        case failed(PortMapperError, isLate: Bool)
        /// Waited until the time for silence was over.
        case ignored
    }

    /// The end of the outstanding request, against the verdict.
    func checkVerdict() async throws {
        guard let hexadecimal = expectation.context?.outstandingRequestHex else {
            // Nobody asked: it is for whoever listens, and changes nothing by itself (T-8).
            #expect(expectation.verdict == "hint-only")
            return
        }
        let ending = try await ending(of: bytes(hexadecimal))
        switch (expectation.verdict, ending) {
        case ("accept", .accepted), ("accept-with-warning", .accepted), ("ignore", .ignored),
            ("accept-no-external-address", .accepted):
            break
        case ("fall-back-to-nat-pmp", .failed(.unsupported(_, .pcp), isLate: false)):
            break
        case ("error-weak", .failed(.refused(let refusal), isLate: true)):
            #expect(refusal.name == expectation.reason)
        case ("error", .failed(.refused(let refusal), isLate: false)):
            #expect(refusal.code == expectation.resultCode.map(Int.init))
        case ("error", .failed(.unsupported, isLate: false)):
            #expect(expectation.resultCode == 1)
        case ("error", .failed(.badAnswer, isLate: false)):
            #expect(expectation.resultCode == 0)
        default:
            Issue.record("\(expectation.verdict ?? "no verdict"), and it ended \(ending)")
        }
    }

    private func ending(of request: [UInt8]) async throws -> Ending {
        let transport = ScriptedTransport { [datagram] _, _ in [.datagram(datagram)] }
        do {
            if request.first == 0 {
                try await ask(byNATPMP: request, over: transport)
            } else {
                try await ask(byPCP: request, over: transport)
            }
            return .accepted
        } catch let error as PortMapperError {
            return transport.elapsed == .seconds(3)
                ? .ignored : .failed(error, isLate: transport.elapsed > .zero)
        }
    }

    private func ask(byNATPMP request: [UInt8], over transport: ScriptedTransport) async throws {
        let client = NATPMPClient(socket: transport.gatewaySocket)
        guard request.count > 2 else {
            let address = try await client.externalAddress(transport.limit).address
            #expect(address.description == expectation.externalAddress)
            return
        }
        var reader = ByteReader(request.dropFirst(4))
        let question = NATPMPRequest.map(
            request[1] == 2 ? .tcp : .udp, internalPort: try reader.read("internal port"),
            suggestedExternalPort: try reader.read("external port"),
            lifetimeSeconds: try reader.read("lifetime"))
        #expect(question.encoded == request)
        if case .map(let transportProtocol, let number, _, 0) = question,
            let port = PortNumber(rawValue: number)
        {
            try await client.unmap(
                transportProtocol, internalPort: port, transport.limit)
            return
        }
        let grant = try await client.map(question, transport.limit)
        #expect(grant.externalPort.rawValue == expectation.externalPort)
        #expect(grant.lifetimeSeconds == expectation.lifetime)
    }

    private func ask(byPCP request: [UInt8], over transport: ScriptedTransport) async throws {
        var reader = ByteReader(request.dropFirst(4))
        let lifetimeSeconds: UInt32 = try reader.read("lifetime")
        let client = try reader.readAddress("client address")
        let mapping = try PCPMapping(parsing: &reader)
        let order = PCPMapRequest(
            nonce: mapping.nonce, transport: mapping.protocolNumber == 6 ? .tcp : .udp,
            internalPort: mapping.internalPort, externalPort: mapping.externalPort,
            lifetimeSeconds: lifetimeSeconds)
        #expect(order.request(from: client).encoded == request)
        let socket = GatewaySocket(
            gateway: ScriptedTransport.gateway, local: SocketAddress(client, port: 40000),
            transport: transport)
        let grant = try await PCPClient(socket: socket).map(order, transport.limit)
        #expect(grant.externalPort.rawValue == expectation.externalPort)
        #expect(grant.externalAddress.description == expectation.externalAddress)
    }
}
