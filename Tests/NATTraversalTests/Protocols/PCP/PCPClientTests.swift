import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("PCP client") struct PCPClientTests {
    typealias Vectors = PCPVectors

    /// UDP 40000 for an hour.
    static func order(
        _ change: (inout PCPMapRequest) -> Void = { _ in }
    ) throws -> PCPMapRequest {
        var order = PCPMapRequest(
            nonce: try Vectors.nonce, transport: .udp, internalPort: 40000, externalPort: 40000,
            lifetimeSeconds: 3600)
        change(&order)
        return order
    }

    static func map(_ transport: ScriptedTransport) async throws -> PCPClient.Grant {
        try await PCPClient(socket: transport.gatewaySocket).map(
            try order(), transport.limit)
    }

    static let headerOnlyError = bytes("02 81 00 05 0000003c 000005c9" + Vectors.reserved)

    @Test("takes address, port and lifetime from the answer (N-4, N-7)")
    func maps() async throws {
        let transport = ScriptedTransport { _, _ in
            [
                .datagram(
                    Vectors.mapResponse("0000000d", "11 000000 9c40 c353" + Vectors.externalBytes))
            ]
        }
        let grant = try await Self.map(transport)
        #expect(grant.externalPort.rawValue == 50003)
        #expect(grant.externalAddress == Vectors.external)
        #expect(grant.lifetime == .seconds(13))
        #expect(grant.nonce == "000102030405060708090a0b")
        #expect(transport.sent.count == 1)
    }

    /// A refusal for lack of resources, with an external address.
    private static func refusal(_ address: String) -> ScriptedTransport {
        ScriptedTransport { request, _ in
            var answer = bytes("02 81 00 08 0000001e 000005c9" + Vectors.reserved)
            answer += request[24..<44] + bytes(address)
            return [.datagram(answer)]
        }
    }

    @Test(
        "a refusal tells the external address, unless it may be the one that was suggested",
        arguments: [
            (nil, Vectors.externalBytes, Vectors.external),
            (Vectors.anyIPv4, Vectors.externalBytes, Vectors.external),
            (Vectors.external, Vectors.externalBytes, nil), (nil, Vectors.anyIPv4Bytes, nil),
        ] as [(IPAddress?, String, IPAddress?)])
    func learnsFromRefusal(suggested: IPAddress?, answered: String, told: IPAddress?) async throws {
        let transport = Self.refusal(answered)
        let order = try Self.order { $0.externalAddress = suggested }
        let outcome = try await PCPClient(socket: transport.gatewaySocket).map(
            [order], transport.limit)[0]
        guard case .failure(.refused(let refusal)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(refusal.externalAddress == told)
    }

    @Test("an empty delete asks for the address: of its own port, with a nonce of its own")
    func asksByEmptyDelete() async throws {
        let transport = Self.refusal(Vectors.externalBytes)
        let socket = transport.gatewaySocket
        let client = PCPClient(socket: socket)
        let address = try await client.addressByEmptyDelete(transport.limit)
        #expect(address == Vectors.external)
        let request = try #require(transport.sent.first?.bytes)
        // The lifetime, the protocol, the internal port.
        #expect(Array(request[4..<8]) == [0, 0, 0, 0])
        #expect(request[36] == 17)
        #expect(UInt16(request[40]) << 8 | UInt16(request[41]) == socket.local.port)
        #expect(transport.sent.count == 1)
    }

    @Test("gives up a silent gateway after 3 s and four sends, all alike")
    func givesUp() async throws {
        let transport = ScriptedTransport()
        await #expect(throws: PortMapperError.noAnswer(gateway: .router, after: .seconds(3))) {
            try await Self.map(transport)
        }
        #expect(transport.sent.map(\.time) == [0, 0.25, 0.75, 1.75].map(Duration.seconds))
        #expect(Set(transport.sent.map(\.bytes)).count == 1)
    }

    @Test("every bit of the nonce counts (T-5)")
    func checksNonce() throws {
        let request = try Self.order().request(from: Vectors.client)
        for index in 24..<36 {
            for bit in 0..<8 {
                var wrong = Vectors.granted
                wrong[index] ^= 1 << UInt8(bit)
                guard case .mismatch = PCPAnswer.judge(wrong, for: request) else {
                    Issue.record("byte \(index), bit \(bit)")
                    continue
                }
            }
        }
    }

    @Test(
        "waits on where something else arrives, and takes the answer that comes (N-5, T-5)",
        arguments: [
            "02 81 00 00 00000e10 000005c9" + Vectors.reserved + "00010203 04050607 08090a0c"
                + "11 000000 9c40 0539" + Vectors.externalBytes,
            "02 81 00 00 00000e10 000005c9" + Vectors.reserved + Vectors.nonceBytes
                + "06 000000 9c40 0539" + Vectors.externalBytes,
            "02 81 00 00 00000e10 000005c9" + Vectors.reserved + Vectors.nonceBytes
                + "11 000000 9c41 0539" + Vectors.externalBytes,
            "02 80 00 00 00000000 000005c9" + Vectors.reserved,
            "02 01 00 00 00000e10 000005c9" + Vectors.reserved + Vectors.nonceBytes
                + "11 000000 9c40 0539" + Vectors.externalBytes,
            "01 81 00 00 00000e10 000005c9" + Vectors.reserved + Vectors.nonceBytes
                + "11 000000 9c40 0539" + Vectors.externalBytes,
            "00 81 00 03 00000562", "00", "",
        ])
    func waitsOn(hexadecimal: String) async throws {
        let transport = ScriptedTransport { _, _ in
            [.datagram(bytes(hexadecimal)), .datagram(Vectors.granted, after: .milliseconds(10))]
        }
        #expect(try await Self.map(transport).externalPort.rawValue == 40000)
        #expect(transport.sent.count == 1)
    }

    @Test(
        "says what was wrong when nothing better comes (N-6)",
        arguments: [
            (35, "another nonce"), (36, "another transport"), (41, "another port"),
        ])
    func saysWhatWasWrong(index: Int, problem: String) async {
        var wrong = Vectors.granted
        wrong[index] ^= 1
        let transport = ScriptedTransport { [wrong] _, _ in [.datagram(wrong)] }
        let error = await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        guard case .badAnswer(_, .pcp, let said) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(said.contains(problem))
    }

    @Test("takes another version's error for an end of PCP here, in whichever form (N-1)")
    func knowsOtherVersions() async {
        for answer in [
            "00 81 0001", "00 00 0001 00000562", "00 80 0001 00000562",
            "00 81 0001 00001000 00000000 00000000",
            "01 81 00 01 00000000 00000562" + Vectors.reserved,
        ] {
            let transport = ScriptedTransport { _, _ in [.datagram(bytes(answer))] }
            let expected = PortMapperError.unsupported(gateway: .router, technique: .pcp)
            await #expect(throws: expected, "\(answer)") { try await Self.map(transport) }
        }
    }

    @Test("believes a header-only error when the next send is due, and not before (T-5)")
    func believesHeaderOnlyError() async throws {
        let transport = ScriptedTransport { _, _ in [.datagram(Self.headerOnlyError)] }
        let error = await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        guard case .refused(let refusal) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(refusal.code == 5)
        #expect(refusal.lifetime == .seconds(60))
        #expect(transport.elapsed == .milliseconds(250))
    }

    @Test("believes a header-only error where the command's time is over before that")
    func believesHeaderOnlyErrorAtTheEnd() async throws {
        let transport = ScriptedTransport { _, _ in [.datagram(Self.headerOnlyError)] }
        let limit = AskLimit(budget: TimeBudget(limit: .milliseconds(100), from: transport.now))
        let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
            [try Self.order()], limit)
        guard case .failure(.refused(let refusal)) = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(refusal.code == 5)
    }

    @Test("a wait that is cut short for another technique is silence, whatever came (N-5, T-5)")
    func isSilentWhenCutShort() async throws {
        var wrong = Vectors.granted
        wrong[35] ^= 1
        for datagram in [wrong, Self.headerOnlyError] {
            let transport = ScriptedTransport { _, _ in [.datagram(datagram)] }
            var limit = transport.limit
            limit.end = transport.now + .milliseconds(50)
            let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
                [try Self.order()], limit)
            let silence = PortMapperError.noAnswer(
                gateway: .router, after: .milliseconds(50))
            #expect(outcomes == [.failure(silence)])
        }
    }

    @Test("prefers the grant that comes after a header-only error (T-5)")
    func prefersGrant() async throws {
        let transport = ScriptedTransport { _, _ in
            [
                .datagram(Self.headerOnlyError),
                .datagram(Vectors.granted, after: .milliseconds(200)),
            ]
        }
        #expect(try await Self.map(transport).externalPort.rawValue == 40000)
    }

    @Test("NO_RESOURCES for a delete counts as nothing there (N-10); other refusals do not")
    func deletes() async throws {
        for (code, isDone) in [("00", true), ("08", true), ("02", false)] {
            let transport = ScriptedTransport { _, _ in
                [
                    .datagram(
                        Vectors.mapResponse(
                            result: code, "0000001e", "11 000000 9c40 0000" + Vectors.anyIPv4Bytes))
                ]
            }
            let outcomes = try await PCPClient(socket: transport.gatewaySocket).unmap(
                [try Self.order().delete], transport.limit)
            #expect(((try? outcomes.first?.get()) != nil) == isDone, "result \(code)")
        }
    }

    @Test("many ports: 32 unanswered at a time, each with its own outcome")
    func pipelines() async throws {
        let transport = ScriptedTransport { payload, _ in
            var answer = payload
            answer[1] = 0x81
            // Port 40007 is refused, the others get what they ask for.
            if payload[40..<42] == [0x9C, 0x47] { answer[3] = 2 }
            answer.replaceSubrange(8..<24, with: bytes("000005c9" + Vectors.reserved))
            return [.datagram(answer, after: .milliseconds(10))]
        }
        let orders = try (0..<100).map { offset in
            try Self.order {
                $0.nonce = .random()
                $0.internalPort += UInt16(offset)
            }
        }
        let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
            orders, transport.limit)
        #expect(outcomes.count { (try? $0.get()) != nil } == 99)
        #expect(throws: PortMapperError.self) { try outcomes[7].get() }
        #expect(transport.sent.count { $0.time == .zero } == 32)
        #expect(transport.elapsed == .milliseconds(40))
    }

    @Test("one port's silence among answers is silence, not a bad answer (N-5)")
    func tellsSilence() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload[40..<42] == [0x9C, 0x40] ? [.datagram(Vectors.granted)] : []
        }
        let silent = try Self.order {
            $0.nonce = .random()
            $0.internalPort = 40001
        }
        let orders = [silent, try Self.order()]
        let outcomes = try await PCPClient(socket: transport.gatewaySocket).map(
            orders, transport.limit)
        let silence = PortMapperError.noAnswer(gateway: .router, after: .seconds(30))
        #expect(outcomes.first == .failure(silence))
    }

    @Test("ends at once where ICMP says that the port is closed (N-2)")
    func endsOnICMP() async {
        let transport = ScriptedTransport { _, _ in [.failure(ECONNREFUSED)] }
        let cause = SystemError("receive", code: ECONNREFUSED)
        await #expect(throws: PortMapperError.closed(gateway: .router, cause: cause)) {
            try await Self.map(transport)
        }
    }
}
