import TestSupport
import Testing

@testable import NATTraversal

@Suite("What PCP has asked for and takes back") struct PCPWithdrawalTests {
    typealias Vectors = PCPVectors

    @Test("a gateway that is deaf to version 2 is found out beside the third send, and withdrawn")
    func findsOutDeafness() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload == [0, 0] ? [.datagram(bytes("00 80 0000 00000561 0b162101"))] : []
        }
        let order = try PCPClientTests.order()
        let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
            [order], asksNATPMP: true, transport.limit)
        // Its answers may have been lost.
        let expected = PortMapperError.noAnswer(
            gateway: .router, technique: .natPMP, after: .milliseconds(750))
        #expect(outcomes == [.failure(expected)])
        #expect(transport.elapsed == .milliseconds(750))
        let delete = order.delete.request(from: Vectors.client).encoded
        #expect(transport.sent.last?.bytes == delete)
    }

    @Test("a gateway that was heard and answers nonsense is given up in a few seconds")
    func givesUpNonsense() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload.first == 2 ? [.datagram(Array(repeating: 2, count: 24))] : []
        }
        let limit = transport.limit
        limit.budget.hasHeard = true
        let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
            [try PCPClientTests.order()], limit)
        guard case .failure(.badAnswer)? = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(transport.elapsed <= .seconds(6))
    }

    @Test("of many requests to a silent gateway those that still wait were not sent")
    func knowsWhatWasSent() async throws {
        let transport = ScriptedTransport()
        let orders = try (0..<40).map { _ in try PCPClientTests.order() }
        let answers = try await PCPClient(socket: transport.gatewaySocket).answers(
            to: orders, asksNATPMP: false, transport.limit)
        #expect(answers.map(\.wasSent) == orders.indices.map { $0 < PCPClient.window })
    }

    @Test("a grant after the withdrawal is deleted again")
    func deletesLateGrant() async throws {
        let transport = ScriptedTransport { _, number in
            number == 1 ? [.datagram(Vectors.granted)] : []
        }
        let socket = transport.gatewaySocket
        let order = try PCPClientTests.order()
        PCPClient(socket: socket).withdraw(order)
        await socket.answerLateGrants()
        let delete = order.delete.request(from: Vectors.client).encoded
        #expect(transport.sent.map(\.bytes) == [delete, delete])
    }

    @Test("an answer to the delete itself is no late grant")
    func knowsDeletesAnswer() async throws {
        let transport = ScriptedTransport { _, _ in
            [
                .datagram(
                    Vectors.mapResponse("00000000", "11 000000 9c40 0000" + Vectors.anyIPv4Bytes))
            ]
        }
        let socket = transport.gatewaySocket
        PCPClient(socket: socket).withdraw(try PCPClientTests.order())
        await socket.answerLateGrants()
        #expect(transport.sent.count == 1)
    }

    @Test(
        "what was withdrawn and is asked for again hears no answer to the delete, and is kept",
        // Deleted; and what miniupnpd says when nothing was there (N-10).
        arguments: [("00", "00000000"), ("08", "0000001e")])
    func takesUpAgain(result: String, lifetime: String) async throws {
        let order = try PCPClientTests.order()
        let delete = order.delete.request(from: Vectors.client).encoded
        let deleted = Vectors.mapResponse(
            result: result, lifetime, "11 000000 9c40 0000" + Vectors.externalBytes)
        let transport = ScriptedTransport { payload, _ in
            // The second copy is the answer to a request that was sent twice.
            payload == delete
                ? [.datagram(deleted, after: .milliseconds(20))]
                : GatewaySocketTests.twice(Vectors.granted, after: .milliseconds(40))
        }
        let socket = transport.gatewaySocket
        let client = PCPClient(socket: socket)
        client.withdraw(order)
        let grant = try await client.map(order, transport.limit)
        #expect(grant.externalPort.rawValue == 40000)
        await socket.answerLateGrants()
        #expect(transport.sent.count { $0.bytes == delete } == 1)
    }

    @Test("what was withdrawn and is asked for again hears its own refusal")
    func hearsRefusal() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload[40..<44] == [0x9C, 0x40, 0, 0]
                ? []
                : [
                    .datagram(
                        Vectors.mapResponse(
                            result: "08", "0000001e", "11 000000 9c40 9c40" + Vectors.externalBytes)
                    )
                ]
        }
        let client = PCPClient(socket: transport.gatewaySocket)
        let order = try PCPClientTests.order()
        client.withdraw(order)
        let error = await #expect(throws: PortMapperError.self) {
            try await client.map(order, transport.limit)
        }
        guard case .refused(let refusal) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == 8)
    }

    @Test("a delete that was sent twice does not answer the request after it")
    func hearsSecondAnswer() async throws {
        let order = try PCPClientTests.order()
        let gone = Vectors.mapResponse(
            result: "08", "0000001e", "11 000000 9c40 0000" + Vectors.externalBytes)
        let transport = ScriptedTransport { payload, number in
            switch number {
            case 1: [.datagram(gone), .datagram(gone, after: .milliseconds(20))]
            default: [.datagram(Vectors.granted, after: .milliseconds(40))]
            }
        }
        let client = PCPClient(socket: transport.gatewaySocket)
        _ = try await client.unmap([order.delete], transport.limit)
        let grant = try await client.map(order, transport.limit)
        #expect(grant.externalPort.rawValue == 40000)
        #expect(transport.sent.count == 2)
    }
}
