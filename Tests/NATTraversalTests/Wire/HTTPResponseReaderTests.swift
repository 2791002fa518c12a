import Testing

@testable import NATTraversal

/// The facts that the corpus states of a whole HTTP answer.
private struct HTTPFacts: Decodable {
    var status: Int
    var framing: String
    var complete: Bool
    var verdict: String
    var reason: String?
    var body_length: Int?
    var soap: SOAPFacts?
}

@Suite("HTTP answers") struct HTTPResponseReaderTests {
    static let items = Corpus.items("http")

    /// Reads what a peer sent before it closed the connection, in pieces of this size.
    private func read(_ bytes: [UInt8], pieces: Int = 512) throws -> HTTPResponse {
        var reader = HTTPResponseReader(bodyLimit: 256 << 10)
        var rest = bytes[...]
        while !rest.isEmpty, !reader.isFinished {
            try reader.receive(rest.prefix(pieces))
            rest = rest.dropFirst(pieces)
        }
        if !reader.isFinished { try reader.receiveEnd() }
        return try #require(reader.response)
    }

    @Test("every answer of the corpus is used or refused", arguments: items, [1, 7, 512, 1 << 20])
    func corpus(item: CorpusItem, pieces: Int) throws {
        let facts: HTTPFacts = try item.expected()
        let refusals: [String: HTTPMessageError] = [
            "header-over-limit": .headTooLong, "chunk-size-malformed": .chunk,
            "chunk-size-overflow": .chunk, "content-length-malformed": .contentLength,
            "conflicting-content-length": .contentLength,
            "content-encoding-not-offered": .contentEncoding,
        ]
        if let reason = facts.reason, let refusal = refusals[reason] {
            #expect(throws: refusal) { try read(item.bytes, pieces: pieces) }
            return
        }
        if facts.reason == "content-length-over-limit" {
            #expect(throws: HTTPMessageError.self) { try read(item.bytes, pieces: pieces) }
            return
        }
        let response = try read(item.bytes, pieces: pieces)
        #expect(response.status == facts.status)
        #expect(response.framing.rawValue == facts.framing)
        #expect(response.isComplete == facts.complete)
        #expect(response.body.count == facts.body_length)
        try checkBody(response, facts)
    }

    private func checkBody(_ response: HTTPResponse, _ facts: HTTPFacts) throws {
        switch facts.verdict {
        case "not-soap":
            #expect(throws: SOAPAnswerError.self) {
                try SOAPAnswer(parsing: response.body, limits: .action)
            }
        case "reject":
            #expect((300...399).contains(response.status))
        case "error", "use-as-success-only-for-void-actions":
            #expect(try SOAPAnswer(parsing: response.body, limits: .action) == .empty)
        default:
            let answer = try SOAPAnswer(parsing: response.body, limits: .action)
            try #require(facts.soap).check(answer)
            #expect(XMLOutline.isWhole(response.body))
        }
    }

    @Test("the body of the chunked answer is the one of the plain answer")
    func chunks() throws {
        let chunked = try read(Corpus.item("http", "syn-chunked.http").bytes, pieces: 1)
        let plain = try read(Corpus.item("http", "syn-no-reason-phrase.http").bytes)
        #expect(chunked.body == plain.body)
    }

    @Test("a chunk's extension and the trailers are skipped")
    func extensions() throws {
        let bytes = Array(
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\n<a>he\r\n"
                + "d\r\nllo world</a>\r\n0\r\nX: y\r\n\r\n").utf8)
        for pieces in 1...bytes.count {
            let response = try read(bytes, pieces: pieces)
            #expect(response.body == Array("<a>hello world</a>".utf8))
            #expect(response.isComplete)
        }
    }

    @Test(
        "what is out of bounds is refused (T-3)",
        arguments: [
            ("HTTP/2 200 OK\r\n\r\n", HTTPMessageError.statusLine),
            ("HTTP/1.1 99 No\r\n\r\n", .statusLine),
            ("HTTP/1.1 20x OK\r\n\r\n", .statusLine),
            ("<html>", .headCutShort),
            ("HTTP/1.1 200 OK\r\nA: b\r\n", .headCutShort),
            (
                String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 4),
                .tooManyInterimResponses
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", .contentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 26x\r\n\r\n", .contentLength),
            ("HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n", .bodyTooLong),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .transferEncoding),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n", .chunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n", .chunk),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", .bodyTooLong),
            ("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", .contentEncoding),
            (
                "HTTP/1.1 200 OK\r\n" + String(repeating: "A: b\r\n", count: 100) + "\r\n",
                .headTooLong
            ),
            ("", .nothing),
        ])
    func limits(bytes: String, error: HTTPMessageError) {
        #expect(throws: error) { try read(Array(bytes.utf8)) }
    }

    @Test("204 and 304 have no body, whatever length they name", arguments: [204, 304])
    func bodiless(status: Int) throws {
        let head = "HTTP/1.1 \(status) X\r\nContent-Length: 5\r\n\r\n"
        let response = try read(Array((head + "hello").utf8))
        #expect(response.status == status)
        #expect(response.framing == .noBody && response.body.isEmpty && response.isComplete)
    }

    @Test("a body without a length ends at its limit")
    func endless() throws {
        let limit = 256 << 10
        let head = Array("HTTP/1.0 200 OK\r\n\r\n".utf8)
        #expect(try read(head + Array(repeating: 0, count: limit)).body.count == limit)
        #expect(throws: HTTPMessageError.bodyTooLong) {
            try read(head + Array(repeating: 0, count: limit + 1))
        }
    }

    @Test("endless trailers and tiny chunks with long extensions are given up")
    func floods() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let trailers = head + "0\r\n" + String(repeating: "A: bbbbbbbbbbbbbbb\r\n", count: 2000)
        #expect(throws: HTTPMessageError.headTooLong) { try read(Array(trailers.utf8)) }
        let chunk = "1;" + String(repeating: "x", count: 900) + "\r\nz\r\n"
        let chunks = head + String(repeating: chunk, count: 2000)
        #expect(throws: HTTPMessageError.bodyTooLong) { try read(Array(chunks.utf8), pieces: 4096) }
    }

    @Test(
        "sloppy heads are read (H-6)",
        arguments: [
            "HTTP/1.1 200\nContent-Length : 2\n\nok", "HTTP/1.0 200 \r\nCONTENT-LENGTH:2\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nno colon\r\nContent-Length:\t2 \r\n\r\nokay",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
        ])
    func sloppiness(text: String) throws {
        let response = try read(Array(text.utf8), pieces: 1)
        #expect(response.status == 200)
        #expect(response.body == Array("ok".utf8))
    }
}
