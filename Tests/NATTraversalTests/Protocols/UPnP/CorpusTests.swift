import Testing

@testable import NATTraversal

@Suite("The corpus") struct CorpusTests {
    @Test(
        "is read whole where it is there", .enabled(if: Corpus.isPresent, Corpus.absence),
        arguments: [("ssdp", 30), ("desc", 31), ("scpd", 5), ("soap", 36), ("http", 20)])
    func isWhole(kind: String, count: Int) {
        #expect(Corpus.items(kind).count >= count)
    }

    @Test(
        "has the project's own items in any case",
        arguments: [("ssdp", 15), ("desc", 19), ("soap", 20), ("http", 17)])
    func hasFixtures(kind: String, count: Int) {
        let own = Corpus.items(kind).filter { $0.name.hasPrefix("syn-") }
        #expect(own.count >= count)
    }
}
