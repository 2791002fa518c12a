import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("NAT-PMP client") struct NATPMPClientTests {
    typealias Grant = NATPMPClient.Grant

    static let request = NATPMPRequestTests.map(.tcp, 50001, 60001, 7200)
    static let answer = bytes("00 82 0000 00000561 c351 ea61 00001c20")
    static let addressAnswer = bytes("00 80 0000 00000561 0b162101")

    /// Maps TCP 50001 over a network that answers every request so.
    static func map(
        _ transport: ScriptedTransport, limit: AskLimit? = nil
    ) async throws -> Grant {
        try await NATPMPClient(socket: transport.gatewaySocket).map(
            request, limit ?? transport.limit)
    }

    static func problem(of error: (any Error)?) -> String? {
        guard case .badAnswer(_, .natPMP, let problem) = error as? PortMapperError else {
            return nil
        }
        return problem
    }

    @Test("takes port and lifetime from the answer, whatever was asked for (N-4, N-7)")
    func maps() async throws {
        let transport = ScriptedTransport { _, _ in
            [.datagram(bytes("00 82 0000 00000561 c351 0400 0000003c"))]
        }
        let grant = try await Self.map(transport)
        #expect(grant.externalPort.rawValue == 1024)
        #expect(grant.lifetimeSeconds == 60)
        #expect(transport.sent.map(\.bytes) == [Self.request.encoded])
    }

    @Test("gives up a silent gateway after 3 s and four sends")
    func givesUp() async {
        let transport = ScriptedTransport()
        await #expect(throws: PortMapperError.noAnswer(gateway: .router, after: .seconds(3))) {
            try await Self.map(transport)
        }
        #expect(transport.sent.map(\.time) == [0, 0.25, 0.75, 1.75].map(Duration.seconds))
    }

    @Test("goes on to the deadline where one is given")
    func goesOn() async {
        let transport = ScriptedTransport()
        let limit = AskLimit(budget: TimeBudget(limit: .seconds(9), from: transport.now))
        await #expect(throws: PortMapperError.noAnswer(gateway: .router, after: .seconds(9))) {
            try await Self.map(transport, limit: limit)
        }
        #expect(
            transport.sent.map(\.time)
                == [0, 0.25, 0.75, 1.75, 3.75, 5.75, 7.75].map(
                    Duration.seconds))
    }

    @Test("asks again for a second before it believes ICMP that the port is closed (N-2)")
    func doubtsICMP() async {
        let transport = ScriptedTransport { _, _ in
            [.failure(ECONNREFUSED, after: .milliseconds(2))]
        }
        let cause = SystemError("receive", code: ECONNREFUSED)
        await #expect(throws: PortMapperError.closed(gateway: .router, cause: cause)) {
            try await Self.map(transport)
        }
        #expect((.seconds(1)...(.seconds(1.2))).contains(transport.elapsed))
        #expect(transport.sent.count == 5)
    }

    @Test("believes ICMP at once where another technique can be asked")
    func believesICMP() async {
        let transport = ScriptedTransport { _, _ in
            [.failure(ECONNREFUSED, after: .milliseconds(2))]
        }
        var limit = transport.limit
        limit.closedBelief = .zero
        await #expect(throws: PortMapperError.self) { try await Self.map(transport, limit: limit) }
        #expect(transport.elapsed == .milliseconds(2))
    }

    @Test("one refused datagram is one lost packet (N-2)", arguments: [1, 2, 3])
    func survivesICMP(count: Int) async throws {
        let transport = ScriptedTransport { _, number in
            [number > count ? .datagram(Self.answer) : .failure(ECONNREFUSED)]
        }
        #expect(try await Self.map(transport).lifetimeSeconds == 7200)
        #expect(transport.sent.count == count + 1)
    }

    @Test("takes a failure of this host for what it is")
    func tellsSystemError() async {
        let transport = ScriptedTransport { _, _ in [.failure(EPERM)] }
        await #expect(throws: PortMapperError.system(SystemError("receive", code: EPERM))) {
            try await Self.map(transport)
        }
    }

    @Test(
        "waits on where something else arrives, and takes the answer that comes (N-5)",
        arguments: [
            "00 82 0000 00000561 c350 ea61 00001c20", "00 81 0000 00000561 c351 ea61 00001c20",
            "00 80 0000 00000561 0b162101", "00 82 0000 00000561 c351", "00", "",
            "01 82 0000 00000561 c351 ea61 00001c20",
        ])
    func waitsOn(hexadecimal: String) async throws {
        let transport = ScriptedTransport { _, _ in
            [.datagram(bytes(hexadecimal)), .datagram(Self.answer, after: .milliseconds(10))]
        }
        #expect(try await Self.map(transport).externalPort.rawValue == 60001)
    }

    @Test("names the other port when nothing better comes (N-6)")
    func namesOtherPort() async {
        let garbled = bytes("00 82 0000 0004da14 00f2 000e 00000e10")
        let transport = ScriptedTransport { _, _ in [.datagram(garbled)] }
        let error = await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        #expect(Self.problem(of: error)?.contains("another port") == true)
        #expect(transport.elapsed == .seconds(3))
    }

    @Test(
        "takes a grant of no port or no time for no grant (N-7)",
        arguments: [
            "00 82 0000 00000561 c351 0000 00001c20", "00 82 0000 00000561 c351 ea61 00000000",
        ])
    func refusesEmptyGrants(hexadecimal: String) async {
        let transport = ScriptedTransport { _, _ in [.datagram(bytes(hexadecimal))] }
        let error = await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        #expect(Self.problem(of: error) != nil)
    }

    @Test("tells a refusal with the gateway's own code", arguments: [UInt8(2), 3, 4, 5, 9, 255])
    func tellsRefusal(code: UInt8) async throws {
        let transport = ScriptedTransport { _, _ in
            [.datagram([0, 0x82, 0, code] + bytes("00000561 c351 ea61 00001c20"))]
        }
        let error = await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        guard case .refused(let refusal) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == Int(code))
        #expect(refusal.technique == .natPMP)
    }

    @Test("knows a gateway that speaks PCP alone, in whichever form it says so (N-1)")
    func knowsPCPAlone() async {
        let transport = ScriptedTransport { _, _ in
            [.datagram(bytes("02 82 00 01 00000708 00000562 00000000 00000000 00000000"))]
        }
        let expected = PortMapperError.unsupported(gateway: .router, technique: .natPMP)
        await #expect(throws: expected) { try await Self.map(transport) }
    }

    @Test("asks for PCP beside the third address request, where that is allowed")
    func asksForPCPBeside() async {
        let transport = ScriptedTransport { payload, _ in
            payload.first == 2
                ? [.datagram(bytes("02 80 00 00 00000000 00000562 00000000 00000000 00000000"))]
                : []
        }
        let expected = PortMapperError.noAnswer(
            gateway: .router, technique: .pcp, after: .milliseconds(750))
        await #expect(throws: expected) {
            try await NATPMPClient(socket: transport.gatewaySocket).externalAddress(
                asksPCP: true, transport.limit)
        }
        #expect(transport.sent.map { $0.bytes.first } == [0, 0, 0, 2])
        #expect(transport.elapsed == .milliseconds(750))
    }

    @Test("learns the address in the same round trip as the first mapping")
    func mapsAndAsks() async throws {
        let transport = ScriptedTransport { payload, _ in
            [
                .datagram(
                    payload.count == 2 ? Self.addressAnswer : Self.answer,
                    after: .milliseconds(10))
            ]
        }
        let answer = try await NATPMPClient(socket: transport.gatewaySocket).mapAndAddress(
            Self.request, transport.limit)
        #expect(
            answer.grant
                == Grant(
                    externalPort: try #require(PortNumber(rawValue: 60001)), lifetimeSeconds: 7200))
        #expect(answer.address.map { try? $0.get().description } == "11.22.33.1")
        #expect(transport.elapsed == .milliseconds(10))
        #expect(transport.sent.count == 2)
    }

    @Test("maps without an address where none is told, and does not ask for ever")
    func mapsWithoutAddress() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload.count == 2 ? [] : [.datagram(Self.answer)]
        }
        let answer = try await NATPMPClient(socket: transport.gatewaySocket).mapAndAddress(
            Self.request, transport.limit)
        #expect(answer.address == nil)
        #expect(transport.sent.count { $0.bytes.count == 2 } == 4)
    }

    @Test("a delete is done when the lifetime is 0, whatever port it names (N-10)")
    func deletes() async throws {
        let transport = ScriptedTransport { _, _ in
            [.datagram(bytes("00 82 0000 00000562 c351 ea61 00000000"))]
        }
        try await NATPMPClient(socket: transport.gatewaySocket).unmap(
            .tcp, internalPort: try TestPort.number(50001), transport.limit)
        #expect(transport.sent.map(\.bytes) == [bytes("00 02 0000 c351 0000 00000000")])
    }

    @Test("deletes a grant that comes after all, when its request was withdrawn")
    func deletesLateGrant() async throws {
        let delete = bytes("00 02 0000 c351 0000 00000000")
        let transport = ScriptedTransport { payload, number in
            // The withdrawal's delete gets lost, the grant comes late.
            payload == delete && number == 1 ? [.datagram(Self.answer)] : []
        }
        let socket = transport.gatewaySocket
        NATPMPClient(socket: socket).withdraw(Self.request)
        #expect(transport.sent.map(\.bytes) == [delete])
        await socket.answerLateGrants()
        #expect(transport.sent.map(\.bytes) == [delete, delete])
    }

    @Test("what was withdrawn and is asked for again hears no answer to the delete, and is kept")
    func takesUpAgain() async throws {
        let delete = bytes("00 02 0000 c351 0000 00000000")
        let transport = ScriptedTransport { payload, _ in
            // The second copy is the answer to a request that was sent twice.
            payload == delete
                ? [.datagram(bytes("00 82 0000 00000562 c351 0000 00000000"))]
                : [.datagram(Self.answer), .datagram(Self.answer)]
        }
        let socket = transport.gatewaySocket
        let client = NATPMPClient(socket: socket)
        client.withdraw(Self.request)
        #expect(
            try await client.map(Self.request, transport.limit).lifetimeSeconds > 0)
        await socket.answerLateGrants()
        #expect(transport.sent.count { $0.bytes == delete } == 1)
    }

    @Test("what was withdrawn and is asked for again hears its own refusal")
    func hearsRefusal() async throws {
        let transport = ScriptedTransport { _, number in
            number == 1 ? [] : [.datagram(bytes("00 82 0002 00000562 c351 0000 00000000"))]
        }
        let client = NATPMPClient(socket: transport.gatewaySocket)
        client.withdraw(Self.request)
        let error = await #expect(throws: PortMapperError.self) {
            try await client.map(Self.request, transport.limit)
        }
        guard case .refused(let refusal) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == 2)
    }
}
