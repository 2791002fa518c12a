import Testing

@testable import GatewaySimulator
@testable import NATTraversal

@Suite("A recording that is played") struct ReplayTests {
    private static let router = SocketAddress(
        .v4(IPv4Address(rawValue: 0xC0A8_0101)), port: 1900)
    private static let client = SocketAddress(.v4(.loopback), port: 40001)
    private static let otherClient = SocketAddress(.v4(.loopback), port: 40002)

    private static func search(_ target: String) -> [UInt8] {
        Array("M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\nST: \(target)\r\n\r\n".utf8)
    }

    private static func reply(_ target: String, _ text: String = "") -> [UInt8] {
        Array("HTTP/1.1 200 OK\nst:\(target)\nX: \(text)\n".utf8)
    }

    private static func recording(_ events: [(Int, Conversation.Event.Kind)]) -> DatagramScript {
        var conversation = Conversation(.udp, start: .zero)
        conversation.events = events.map { .init(at: .milliseconds($0.0), $0.1) }
        var script = DatagramScript()
        script.add(conversation)
        return script
    }

    @Test("answers a search by its target, after the time it took")
    func searches() {
        let group = SocketAddress.ssdpGroup(.ipv4, interfaceIndex: 0)
        var script = Self.recording([
            (0, .sent(Self.search("a"), to: group)), (0, .sent(Self.search("a"), to: Self.router)),
            (30, .sent(Self.search("b"), to: Self.router)),
            (50, .received(Self.reply("a"), from: Self.router)),
            (60, .received(Self.reply("b"), from: Self.router)),
            (70, .received(Self.reply("a", "again"), from: Self.router)),
        ])
        let first = script.exchange(for: Self.search("a"), from: Self.client)
        #expect(first?.answers.map(\.delay) == [.milliseconds(50), .milliseconds(70)])
        let second = script.exchange(for: Self.search("b"), from: Self.client)
        #expect(second?.answers.map(\.delay) == [.milliseconds(30)])
        #expect(script.exchange(for: Self.search("c"), from: Self.client) == nil)
    }

    @Test("repeats what each repetition of a question got, for every client anew")
    func repetitions() {
        let question: [UInt8] = [0, 0]
        let answer: [UInt8] = [0, 128, 0, 0, 0, 0, 0, 1, 11, 22, 33, 44]
        var script = Self.recording([
            (0, .sent(question, to: nil)), (250, .sent(question, to: nil)),
            (251, .received(answer, from: nil)),
        ])
        for client in [Self.client, Self.otherClient] {
            #expect(script.exchange(for: question, from: client)?.answers.isEmpty == true)
            #expect(script.exchange(for: question, from: client)?.answers.map(\.bytes) == [answer])
            #expect(script.exchange(for: question, from: client)?.answers.map(\.bytes) == [answer])
        }
        #expect(!script.isClosed)
    }

    @Test("tells a closed port from a silent one")
    func closedPorts() {
        let sent = Conversation.Event.Kind.sent([2, 0], to: nil)
        #expect(Self.recording([(0, sent), (1, .failed(111)), (250, sent)]).isClosed)
        #expect(!Self.recording([(0, sent), (250, sent)]).isClosed)
        #expect(
            !Self.recording([(0, sent), (1, .failed(111)), (2, .received([2, 128], from: nil))])
                .isClosed)
    }

    @Test("gives an answer the nonce and the port of the question, where they agreed")
    func adapts() throws {
        func map(_ start: String, _ nonce: String, _ port: String) -> [UInt8] {
            bytes(
                start + "00000000000000000000ffff7f000001" + nonce + "06000000" + port + "1f90"
                    + "00000000000000000000ffff0b16210a")
        }
        let (nonce, other) = ("000102030405060708090a0b", "ffffffffffffffffffffffff")
        let question = map("0201000000000e10", nonce, "1f90")
        let now = map("0201000000000e10", other, "2328")
        var script = Self.recording([
            (0, .sent(question, to: nil)),
            (1, .received(map("0281000000000e10", nonce, "1f90"), from: nil)),
            (2, .received(map("0281000000000e10", "00" + nonce.dropFirst(2), "1f91"), from: nil)),
            (3, .received(map("0281000000000e10", other, "1f91"), from: nil)),
        ])
        let played = script.exchange(for: now, from: Self.client)
        let exchange = try #require(played)
        let adapted = exchange.answers.map { exchange.adapted($0.bytes, to: now) }
        #expect(adapted[0] == map("0281000000000e10", other, "2328"))
        // A wrong port stays wrong.
        #expect(adapted[2] == map("0281000000000e10", other, "1f91"))
    }

    private static func fetch(
        _ request: String, _ pieces: [(Int, String)], end: Conversation.Event.Kind? = nil
    ) -> Conversation {
        var conversation = Conversation(.tcp, start: .zero)
        conversation.events = [
            .init(at: .zero, .connected),
            .init(at: .milliseconds(10), .sent(Array("\(request)\r\n\r\n".utf8), to: nil)),
        ]
        conversation.events += pieces.map {
            .init(at: .milliseconds(10 + $0.0), .received(Array($0.1.utf8), from: nil))
        }
        if let end { conversation.events.append(.init(at: .seconds(9), end)) }
        return conversation
    }

    @Test("answers HTTP by method, path and action, in the order it did, over and over")
    func requests() throws {
        var script = StreamScript()
        script.add(Self.fetch("GET /d HTTP/1.1", [], end: .failed(104)))
        script.add(Self.fetch("GET /d HTTP/1.1", [(5, "one"), (50, "two")], end: .closed))
        script.add(Self.fetch("POST /c HTTP/1.1\r\nSOAPACTION: \"x#A\"", [(1, "A")]))
        script.add(Self.fetch("POST /c HTTP/1.1\r\nSOAPACTION: \"x#B\"", [(1, "B")]))
        let get = try HTTPRequest(head: "GET /d HTTP/1.0\r\n\r\n".utf8)
        for _ in 0..<2 {
            let first = script.answer(to: get)
            #expect(first?.end == .reset && first?.pieces.isEmpty == true)
            let second = script.answer(to: get)
            #expect(second?.end == .closed)
            #expect(second?.pieces.map(\.delay) == [.milliseconds(5), .milliseconds(50)])
        }
        let post = try HTTPRequest(head: "POST /c HTTP/1.1\r\nsoapaction: \"x#B\"\r\n\r\n".utf8)
        #expect(script.answer(to: post)?.pieces.map(\.bytes) == [Array("B".utf8)])
        #expect(script.answer(to: post)?.end == .open)
        let unknown = try HTTPRequest(head: "GET /e HTTP/1.1\r\n\r\n".utf8)
        #expect(script.answer(to: unknown) == nil)
        #expect(!script.isClosed)
        var refused = Conversation(.tcp, start: .zero)
        refused.events = [.init(at: .zero, .failed(111))]
        var closed = StreamScript()
        closed.add(refused)
        #expect(closed.isClosed && !closed.isDeaf)
        var deaf = StreamScript()
        deaf.add(Conversation(.tcp, start: .zero))
        #expect(deaf.isDeaf && !deaf.isClosed && !script.isDeaf)
    }

    @Test("keeps the last three octets of a host, and names its new place in URLs alone")
    func hosts() throws {
        let addresses = ["192.168.1.1", "10.0.0.138", "10.168.1.1", "fe80::1"].compactMap {
            IPAddress($0)
        }
        var hosts = ReplayHosts(addresses)
        #expect(
            addresses.compactMap { hosts.addresses[$0]?.description }
                == ["127.168.1.1", "127.0.0.138", "127.168.1.2", "::1"])
        hosts.move(SocketAddress(addresses[0], port: 80), to: 8081)
        let text = """
            http://192.168.1.1:5000/a http://192.168.1.1/b http://192.168.1.1:80 <a>192.168.1.1</a> \
            http://10.0.0.138/ http://[fe80::1]:49000/x http://10.0.0.1/ //
            """
        let moved = """
            http://127.168.1.1:5000/a http://127.168.1.1:8081/b http://127.168.1.1:8081 \
            <a>192.168.1.1</a> http://127.0.0.138/ http://[::1]:49000/x http://10.0.0.1/ //
            """
        #expect(String(decoding: hosts.rewritten(Array(text.utf8)), as: UTF8.self) == moved)
        let listen = try #require(IPAddress("127.9.9.9"))
        #expect(ReplayHosts(addresses, listen: listen).addresses[addresses[0]] == listen)
    }

    @Test(
        "fits the length of a document to its URLs",
        arguments: [
            ("Content-Length: 20\r\n", "<a>http://10.0.0.1/</a>", "Content-Length: 21\r\n"),
            ("Transfer-Encoding: chunked\r\n", "17\r\n<a>http://10.0.0.1/</a>\r\n0\r\n\r\n", nil),
        ])
    func lengths(field: String, body: String, newField: String?) throws {
        var script = StreamScript()
        let head = "HTTP/1.1 200 OK\r\n\(field)\r\n"
        script.add(Self.fetch("GET / HTTP/1.1", [(0, head), (40, body)]))
        let hosts = ReplayHosts([try #require(IPAddress("10.0.0.1"))])
        let request = try HTTPRequest(head: "GET / HTTP/1.1\r\n\r\n".utf8)
        let played = script.answer(to: request)
        let answer = try #require(played).rewritten(by: hosts)
        let whole = answer.pieces.flatMap(\.bytes)
        let text = String(decoding: whole, as: UTF8.self)
        if let newField { #expect(text.contains(newField)) }
        let parts = MessageParts(whole)
        let document = parts.document.map { whole[$0] }
        #expect(String(decoding: document, as: UTF8.self) == "<a>http://127.0.0.1/</a>")
        #expect(answer.pieces.map(\.delay) == [.zero, .milliseconds(40)])
    }

    @Test(
        "says in a line what is wrong with a file that is no report",
        arguments: [
            ("{", "not a JSON document"), ("[]", "not a JSON document"),
            ("{}", "not a report of natctl gateway"),
            (#"{"kind":"gateway","version":1}"#, "not a report of natctl gateway"),
            (#"{"kind":"gateway-report","version":2}"#, "a report of another version than 1"),
            (
                #"{"kind":"gateway-report","version":1,"gateways":[]}"#,
                "the report has no gateway or no conversations"
            ),
            (
                #"{"kind":"gateway-report","version":1,"gateways":[{"address":"x"}]}"#,
                "a gateway has no address"
            ),
            (
                #"""
                {"kind":"gateway-report","version":1,"gateways":[{"address":"::1"}],
                 "conversations":[{"transport":"udp","startMilliseconds":0}]}
                """#, "conversation 1: events is no array"
            ),
        ])
    func refusesFiles(text: String, problem: String) {
        let error = #expect(throws: Recording.Malformed.self) {
            try Recording(parsing: Array(text.utf8))
        }
        #expect(error?.description == problem)
    }
}
