import Testing

@testable import NATTraversal

@Suite("PCP's options") struct PCPOptionTests {
    typealias Vectors = PCPVectors

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

    @Test("all of them fit into a datagram, the description cut between characters")
    func fit() throws {
        let request = try PCPClientTests.order {
            $0.thirdParty = Vectors.external
            $0.remoteHost = Vectors.external
            $0.clearsFilters = true
            $0.prefersFailure = true
            $0.description = "x" + String(repeating: "é", count: 600)
        }.request(from: Vectors.client)
        #expect(request.options.count == 5)
        #expect(request.encoded.count == 1100)
        let description = request.encoded.suffix(PCPOption.descriptionLimit)
        #expect(Array(description) == Array(("x" + String(repeating: "é", count: 481)).utf8) + [0])
    }
}
