import Testing

@testable import NATTraversal

private struct SSDPFacts: Decodable {
    struct LocationCheck: Decodable {
        var usable: Bool
        var reason, host, path, repointed: String?
        var port: UInt16?
    }
    var message: String
    var http_version: String?
    var status: Int?
    var st, usn, server, location, uuid, nts: String?
    var header_names: [String]
    var names_gateway: Bool
    var location_check: LocationCheck
    var datagram_source: String?
}

@Suite("SSDP datagrams of the corpus") struct SSDPCorpusTests {
    private static let items = Corpus.items("ssdp")
    private static let messages = items.filter {
        (try? $0.expected(SSDPFacts.self))?.message != "not-ssdp"
    }
    private static let others = items.filter {
        (try? $0.expected(SSDPFacts.self))?.message == "not-ssdp"
    }

    @Test("every field is read", arguments: messages) func fields(item: CorpusItem) throws {
        let facts: SSDPFacts = try item.expected()
        let message = try #require(SSDPMessage(parsing: item.bytes))
        switch message.kind {
        case .searchResponse(let status):
            #expect(facts.message == "search-response")
            #expect(status == facts.status)
        case .notify:
            #expect(facts.message == "notify")
        }
        #expect(message.target == facts.st)
        #expect(message.usn == facts.usn)
        #expect(message.udn == facts.uuid.map { "uuid:\($0)" })
        #expect(message.fields["SERVER"] == facts.server)
        #expect(message.fields["NTS"] == facts.nts)
        #expect(message.location == facts.location)
        #expect(message.namesGateway == facts.names_gateway)
        #expect(Set(message.fields.all.map { $0.name.lowercased() }) == Set(facts.header_names))
    }

    @Test("LOCATION leads to the sender or nowhere (S-6, T-1)", arguments: messages)
    func location(item: CorpusItem) throws {
        let facts: SSDPFacts = try item.expected()
        let message = try #require(SSDPMessage(parsing: item.bytes))
        let sender = try #require(IPAddress(facts.datagram_source ?? "192.168.1.1"))
        let source = SocketAddress(sender, port: 1900)
        let check = facts.location_check
        switch SSDPLocation(message.location, from: source) {
        case .usable(let url):
            #expect(check.usable)
            #expect(url.host.description == check.host)
            #expect(url.port.rawValue == check.port)
            // What a request line has no place for is encoded, which the corpus leaves open.
            #expect(url.target == check.path?.split(separator: " ").joined(separator: "%20"))
        case .repointed(let url, let reason):
            #expect(!check.usable)
            #expect(reason == .anotherHost)
            #expect(url == (try HTTPURL(#require(check.repointed))))
            #expect(url.host == sender)
        case .refused(let reason):
            #expect(!check.usable)
            #expect(check.repointed == nil)
            let reasons: [URLRefusal: String] = [
                .missing: "missing-or-empty", .notHTTP: "scheme-not-http",
                .userInformation: "userinfo", .port: "bad-port",
            ]
            #expect(reasons[reason] == check.reason)
        }
    }

    @Test("searches of others are no messages (S-13)", arguments: others)
    func searches(item: CorpusItem) {
        #expect(SSDPMessage(parsing: item.bytes) == nil)
    }
}
