import Testing

@testable import NATTraversal

@Suite("PCP's options") struct PCPOptionTests {
    typealias Vectors = PCPVectors

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
            [try PCPClientTests.order { $0.description = "abc" }], budget: transport.budget)
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
        await #expect(throws: PortMapperError.self) { try await PCPClientTests.map(transport) }
        #expect(transport.sent.count == 1)
    }

    @Test("keeps THIRD_PARTY and FILTER, which nobody can do without")
    func keepsNeededOptions() throws {
        let plain = try PCPClientTests.order {
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
        let delete = try PCPClientTests.order {
            $0.thirdParty = Vectors.external
            $0.remoteHost = Vectors.external
            $0.prefersFailure = true
            $0.description = "abc"
        }.delete.request(from: Vectors.client)
        #expect(delete.options == [.thirdParty(Vectors.external)])
        #expect(delete.lifetimeSeconds == 0)
        #expect(delete.operation == .map(try Vectors.mapping(.udp, 40000)))
    }
}
