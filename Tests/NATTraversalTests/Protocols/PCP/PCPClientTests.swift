import Glibc
import Testing

@testable import NATTraversal

@Suite("PCP client") struct PCPClientTests {
    typealias Vectors = PCPVectors

    /// UDP 40000 for an hour.
    static func order(
        _ change: (inout PCPMapOrder) -> Void = { _ in }
    ) throws -> PCPMapOrder {
        var order = PCPMapOrder(
            nonce: try Vectors.nonce, transport: .udp, internalPort: 40000, externalPort: 40000,
            lifetimeSeconds: 3600)
        change(&order)
        return order
    }

    static func map(_ transport: ScriptedTransport) async throws -> PCPClient.Grant {
        try await PCPClient(link: transport.link).map(
            try order(), patience: transport.patience)
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

    @Test("gives up a silent gateway after 3 s and four sends, all alike")
    func givesUp() async throws {
        let transport = ScriptedTransport()
        await #expect(throws: PortMapperError.noAnswer(gateway: "192.168.77.1", after: .seconds(3)))
        {
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
            let expected = PortMapperError.unsupported(gateway: "192.168.77.1", technique: .pcp)
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
        let patience = Patience(limit: .milliseconds(100), from: transport.now)
        let outcomes = try await PCPClient(link: transport.link).map(
            [try Self.order()], patience: patience)
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
            let outcomes = try await PCPClient(link: transport.link).map(
                [try Self.order()], patience: transport.patience,
                until: transport.now + .milliseconds(50))
            let silence = PortMapperError.noAnswer(
                gateway: "192.168.77.1", after: .milliseconds(50))
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

    @Test("a gateway that is deaf to version 2 is found out beside the third send, and withdrawn")
    func findsOutDeafness() async throws {
        let transport = ScriptedTransport { payload, _ in
            payload == [0, 0] ? [.datagram(bytes("00 80 0000 00000561 0b162101"))] : []
        }
        let order = try Self.order()
        let outcomes = try await PCPClient(link: transport.link).map(
            [order], isNATPMPAllowed: true, patience: transport.patience)
        let expected = PortMapperError.unsupported(gateway: "192.168.77.1", technique: .pcp)
        #expect(outcomes == [.failure(expected)])
        #expect(transport.elapsed == .milliseconds(750))
        let delete = order.delete.request(from: Vectors.client).encoded
        #expect(transport.sent.last?.bytes == delete)
    }

    @Test("a grant after the withdrawal is deleted again")
    func deletesLateGrant() async throws {
        let transport = ScriptedTransport { _, number in
            number == 1 ? [.datagram(Vectors.granted)] : []
        }
        let link = transport.link
        let order = try Self.order()
        PCPClient(link: link).withdraw(order)
        await link.answerLateGrants()
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
        let link = transport.link
        PCPClient(link: link).withdraw(try Self.order())
        await link.answerLateGrants()
        #expect(transport.sent.count == 1)
    }

    @Test("what was withdrawn and is asked for again hears no answer to the delete, and is kept")
    func takesUpAgain() async throws {
        let order = try Self.order()
        let delete = order.delete.request(from: Vectors.client).encoded
        let deleted = Vectors.mapResponse(
            "00000000", "11 000000 9c40 0000" + Vectors.anyIPv4Bytes)
        let transport = ScriptedTransport { payload, _ in
            // The second copy is the answer to a request that was sent twice.
            payload == delete
                ? [.datagram(deleted)]
                : [.datagram(Vectors.granted), .datagram(Vectors.granted)]
        }
        let link = transport.link
        let client = PCPClient(link: link)
        client.withdraw(order)
        let grant = try await client.map(order, patience: transport.patience)
        #expect(grant.externalPort.rawValue == 40000)
        await link.answerLateGrants()
        #expect(transport.sent.count { $0.bytes == delete } == 1)
    }

    @Test("asks again without DESCRIPTION where options are refused", arguments: ["05", "06"])
    func retriesWithoutDescription(code: String) async throws {
        let description = "80 00 0003 61626300"
        let transport = ScriptedTransport { payload, _ in
            payload.count == 60
                ? [.datagram(Vectors.granted)]
                : [
                    .datagram(
                        Vectors.mapResponse(
                            result: code, "00000708",
                            "11 000000 9c40 9c40" + Vectors.anyIPv4Bytes + description))
                ]
        }
        let outcomes = try await PCPClient(link: transport.link).map(
            [try Self.order { $0.description = "abc" }], patience: transport.patience)
        #expect(try outcomes.first?.get().externalPort.rawValue == 40000)
        #expect(transport.sent.map(\.bytes.count) == [68, 60])
    }

    @Test("does not ask again where there is nothing to leave out")
    func doesNotRetryPlain() async {
        let transport = ScriptedTransport { _, _ in
            [
                .datagram(
                    Vectors.mapResponse(
                        result: "05", "00000708", "11 000000 9c40 9c40" + Vectors.anyIPv4Bytes))
            ]
        }
        await #expect(throws: PortMapperError.self) { try await Self.map(transport) }
        #expect(transport.sent.count == 1)
    }

    @Test("keeps THIRD_PARTY and FILTER, which nobody can do without")
    func keepsNeededOptions() throws {
        let plain = try Self.order {
            $0.thirdParty = Vectors.external
            $0.remoteHost = Vectors.external
            $0.clearsFilters = true
            $0.prefersFailure = true
            $0.description = "abc"
        }.plain
        let options = plain.request(from: Vectors.client).options
        #expect(
            options == [
                .thirdParty(Vectors.external),
                .filter(Vectors.anyIPv4, prefixLength: 0, port: 0),
                .filter(Vectors.external, prefixLength: 128, port: 0),
            ])
    }

    @Test("a delete has no option but THIRD_PARTY (RFC 6887, section 13)")
    func deletesPlainly() throws {
        let delete = try Self.order {
            $0.thirdParty = Vectors.external
            $0.remoteHost = Vectors.external
            $0.prefersFailure = true
            $0.description = "abc"
        }.delete.request(from: Vectors.client)
        #expect(delete.options == [.thirdParty(Vectors.external)])
        #expect(delete.lifetimeSeconds == 0)
        #expect(delete.operation == .map(try Vectors.mapping(.udp, 40000)))
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
            let outcomes = try await PCPClient(link: transport.link).unmap(
                [try Self.order().delete], patience: transport.patience)
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
        let outcomes = try await PCPClient(link: transport.link).map(
            orders, patience: transport.patience)
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
        let outcomes = try await PCPClient(link: transport.link).map(
            orders, patience: transport.patience)
        let silence = PortMapperError.noAnswer(gateway: "192.168.77.1", after: .seconds(30))
        #expect(outcomes.first == .failure(silence))
    }

    @Test("ends at once where ICMP says that the port is closed (N-2)")
    func endsOnICMP() async {
        let transport = ScriptedTransport { _, _ in [.failure(ECONNREFUSED)] }
        let cause = SystemError("receive", code: ECONNREFUSED)
        await #expect(throws: PortMapperError.closed(gateway: "192.168.77.1", cause: cause)) {
            try await Self.map(transport)
        }
    }
}
