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
}
