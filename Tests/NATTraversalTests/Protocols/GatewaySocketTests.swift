import TestSupport
import Testing

@testable import NATTraversal

@Suite("The way to a gateway's port 5351") struct GatewaySocketTests {
    typealias Vectors = PCPVectors

    static let request = NATPMPRequestTests.map(.udp, 50001, 60001, 7200)
    static let granted = bytes("00 81 0000 00000561 c351 ea61 00001c20")

    /// An answer of which a copy comes 20 ms later.
    static func twice(
        _ answer: [UInt8], after delay: Duration = .zero
    ) -> [ScriptedTransport.Arrival] {
        [.datagram(answer, after: delay), .datagram(answer, after: delay + .milliseconds(20))]
    }

    @Test("is one socket as long as all has its answer")
    func isKept() async throws {
        let transport = ScriptedTransport { _, _ in [.datagram(Self.granted)] }
        let client = NATPMPClient(socket: transport.gatewaySocket)
        for _ in 1...3 { _ = try await client.map(Self.request, transport.limit) }
        #expect(transport.sockets == 1)
    }

    @Test(
        "does not take a second copy of another version's error for NAT-PMP's answer (N-1)",
        arguments: ["81", "00"])
    func hearsVersionErrorOnce(opcode: String) async throws {
        let transport = ScriptedTransport { payload, _ in
            payload[0] == 2
                ? Self.twice(bytes("00 \(opcode) 0001 00000561"))
                : [.datagram(Self.granted, after: .milliseconds(40))]
        }
        let socket = transport.gatewaySocket
        await #expect(
            throws: PortMapperError.unsupported(gateway: .router, technique: .pcp)
        ) {
            try await PCPClient(socket: socket).map(
                try PCPClientTests.order(), transport.limit)
        }
        let grant = try await NATPMPClient(socket: socket).map(
            Self.request, transport.limit)
        #expect(grant.externalPort.rawValue == 60001)
        #expect(transport.sent.count == 2)
    }

    @Test("does not take a second copy of a refusal for the next answer")
    func hearsRefusalOnce() async throws {
        let transport = ScriptedTransport { _, number in
            number == 1
                ? Self.twice(
                    Vectors.mapResponse(
                        result: "0b", "0000001e", "11 000000 9c40 0050" + Vectors.anyIPv4Bytes))
                : [.datagram(Vectors.granted, after: .milliseconds(40))]
        }
        let client = PCPClient(socket: transport.gatewaySocket)
        await #expect(throws: PortMapperError.self) {
            try await client.map(
                try PCPClientTests.order { $0.externalPort = 80 }, transport.limit)
        }
        let grant = try await client.map(
            try PCPClientTests.order(), transport.limit)
        #expect(grant.externalPort.rawValue == 40000)
        #expect(transport.sent.count == 2)
    }

    @Test("does not take a grant that is late for the answer to the delete, which is sent again")
    func hearsGrantOnce() async throws {
        let order = try PCPClientTests.order()
        let delete = order.delete.request(from: Vectors.client).encoded
        let deleted = Vectors.mapResponse("00000000", "11 000000 9c40 0000" + Vectors.anyIPv4Bytes)
        // Sent twice before its answer comes; the first delete is lost.
        let transport = ScriptedTransport { payload, number in
            payload != delete
                ? [.datagram(Vectors.granted, after: .milliseconds(300))]
                : number == 3 ? [] : [.datagram(deleted)]
        }
        let client = PCPClient(socket: transport.gatewaySocket)
        _ = try await client.map(order, transport.limit)
        _ = try await client.unmap([order.delete], transport.limit)
        #expect(transport.sent.count { $0.bytes == delete } == 2)
    }

    @Test("does not take an answer that is late for that to the next question")
    func hearsLateAnswerOnce() async throws {
        // The first question is sent twice before its answer comes.
        let transport = ScriptedTransport { _, number in
            [
                .datagram(
                    bytes("00 80 0000 00000561 0b16210\(number)"),
                    after: .milliseconds(number < 3 ? 300 : 400))
            ]
        }
        let client = NATPMPClient(socket: transport.gatewaySocket)
        var addresses: [String] = []
        for _ in 1...2 {
            let address = try await client.externalAddress(transport.limit).address
            addresses.append("\(address)")
        }
        #expect(addresses == ["11.22.33.1", "11.22.33.3"])
    }

    @Test("does not take what came while nothing was asked for an answer")
    func drains() async throws {
        let transport = ScriptedTransport { _, number in
            Self.twice(bytes("00 80 0000 00000561 0b16210\(number)"))
        }
        let socket = transport.gatewaySocket
        let client = NATPMPClient(socket: socket)
        #expect("\(try await client.externalAddress(transport.limit).address)" == "11.22.33.1")
        transport.pass(.seconds(1))
        #expect("\(try await client.externalAddress(transport.limit).address)" == "11.22.33.2")
        #expect(await socket.takeUnasked().count == 1)
        #expect(transport.sockets == 1)
    }
}
