import Testing

@testable import GatewaySimulator
@testable import NATTraversal

@Suite("The HTTP client", .timeLimit(.minutes(10))) struct HTTPClientTests {
    private static let document = "<a>whole</a>"

    /// Runs a server on loopback that does `script` with its first connection, and asks it.
    private func ask(
        limit: Duration = .seconds(20), bodyLimit: Int = 256 << 10, silence: Duration? = nil,
        _ script: @escaping @Sendable (StreamSocket) async throws -> Void
    ) async throws -> HTTPExchange {
        let listener = try StreamSocket(
            listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let port = try listener.localAddress().port
        let url = try HTTPURL("http://127.0.0.1:\(port)/d.xml")
        return try await withThrowingTaskGroup(of: HTTPExchange?.self) { group in
            group.addTask {
                let (connection, _) = try await listener.accept()
                // The client may end first, which is no failure of the server.
                try? await script(connection)
                return nil
            }
            group.addTask {
                try await HTTPClient().exchange(
                    HTTPRequest(url: url), bodyLimit: bodyLimit, silence: silence,
                    until: .now + limit)
            }
            defer { group.cancelAll() }
            while let exchange = try await group.next() {
                if let exchange { return exchange }
            }
            throw CancellationError()
        }
    }

    /// Reads the request and answers with these bytes.
    private func answer(_ text: String) -> @Sendable (StreamSocket) async throws -> Void {
        { connection in
            _ = try await connection.receive()
            try await connection.send(Array(text.utf8))
        }
    }

    @Test("sends the request in one piece and tells its own address (A-13)")
    func request() async throws {
        let seen = Locked<[UInt8]>([])
        let exchange = try await ask { connection in
            let request = try await connection.receive()
            seen.withLock { $0 = request }
            try await connection.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8))
        }
        #expect(exchange.response.body == Array("ok".utf8))
        #expect(exchange.localAddress.address == .v4(.loopback))
        let text = String(decoding: seen.withLock { $0 }, as: UTF8.self)
        #expect(text.hasPrefix("GET /d.xml HTTP/1.1\r\nHost: 127.0.0.1:"))
    }

    @Test("makes a connection for each request, and says that it will close it (H-12)")
    func newConnections() async throws {
        let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let url = try HTTPURL("http://127.0.0.1:\(try listener.localAddress().port)/d.xml")
        async let requests = [
            try await listener.served(with: answer), try await listener.served(with: answer),
        ]
        for _ in 0..<2 {
            let exchange = try await HTTPClient().exchange(
                HTTPRequest(url: url), bodyLimit: 100, silence: nil, until: .now + .seconds(60))
            #expect(exchange.response.body == Array("ok".utf8))
        }
        for request in try await requests {
            let text = String(decoding: request, as: UTF8.self)
            #expect(text.contains("\r\nConnection: close\r\n"))
            #expect(text.split(separator: "GET ").count == 1)
        }
    }

    @Test("opens the next connection while it awaits an answer, if another request follows")
    func nextConnection() async throws {
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let request = try followed(at: listener)
        let client = HTTPClient()
        async let exchange = client.exchange(
            request, bodyLimit: 100, silence: nil, until: .now + .seconds(60))
        let (first, _) = try await listener.accept()
        _ = try await first.receive()
        let (second, _) = try await listener.accept()
        try await first.send(Self.answer)
        #expect(try await exchange.response.body == Array("ok".utf8))

        async let another = client.exchange(
            HTTPRequest(url: request.url), bodyLimit: 100, silence: nil, until: .now + .seconds(60))
        #expect(try await !second.receive().isEmpty)
        try await second.send(Self.answer)
        #expect(try await another.response.body == Array("ok".utf8))
    }

    @Test("passes over a next connection that the server has closed, or that leads elsewhere")
    func closedNextConnection() async throws {
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let other = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let client = HTTPClient()
        for target in [listener, other] {
            let request = try followed(at: listener)
            async let exchange = client.exchange(
                request, bodyLimit: 100, silence: nil, until: .now + .seconds(60))
            let (first, _) = try await listener.accept()
            _ = try await first.receive()
            var second: StreamSocket? = try await listener.accept().connection
            if target === listener { second = nil }
            try await first.send(Self.answer)
            _ = try await exchange

            let url = try HTTPURL("http://127.0.0.1:\(try target.localAddress().port)/d.xml")
            async let another = client.exchange(
                HTTPRequest(url: url), bodyLimit: 100, silence: nil, until: .now + .seconds(60))
            let (third, _) = try await target.accept()
            _ = try await third.receive()
            try await third.send(Self.answer)
            #expect(try await another.response.body == Array("ok".utf8))
            // The client has closed it.
            #expect(try await second?.receive().isEmpty != false)
        }
    }

    @Test("closes a next connection that is not needed")
    func unneededConnection() async throws {
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let request = try followed(at: listener)
        let client = HTTPClient()
        async let exchange = client.exchange(
            request, bodyLimit: 100, silence: nil, until: .now + .seconds(60))
        let (first, _) = try await listener.accept()
        _ = try await first.receive()
        try await first.send(Self.answer)
        let (second, _) = try await listener.accept()
        _ = try await exchange
        client.closeNextConnection()
        #expect(try await second.receive().isEmpty)
    }

    /// A request that another one follows.
    private func followed(at listener: StreamSocket) throws -> NATTraversal.HTTPRequest {
        var request = NATTraversal.HTTPRequest(
            url: try HTTPURL("http://127.0.0.1:\(try listener.localAddress().port)/d.xml"))
        request.isFollowed = true
        return request
    }

    private static let answer = Array("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".utf8)

    @Test("does not wait for the end of a connection that stays open (H-6)")
    func openConnection() async throws {
        for head in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"] {
            let start = ContinuousClock.now
            let exchange = try await ask { connection in
                _ = try await connection.receive()
                try await connection.send(Array((head + Self.document).utf8))
                // Held open until the client goes.
                _ = try await connection.receive()
            }
            #expect(exchange.response.body == Array(Self.document.utf8))
            #expect(ContinuousClock.now - start < .seconds(50))
        }
    }

    @Test("gives up at its deadline, however the bytes drip (T-3)")
    func dripping() async throws {
        let start = ContinuousClock.now
        await #expect(throws: HTTPClientError.timeout) {
            try await ask(limit: .milliseconds(600)) { connection in
                _ = try await connection.receive()
                try await connection.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
                while true {
                    try await connection.send([UInt8(ascii: "x")])
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(50))
    }

    @Test("gives up at its deadline, however fast they drip behind a long body (T-3)")
    func drippingFast() async throws {
        await #expect(throws: HTTPClientError.timeout) {
            try await ask(limit: .milliseconds(600), bodyLimit: 1 << 20) { connection in
                _ = try await connection.receive()
                let comment = String(repeating: "x", count: 900_000)
                try await connection.send(Array("HTTP/1.1 200 OK\r\n\r\n<a><!--\(comment)".utf8))
                // Then it closes, which would end the body.
                let end = ContinuousClock.now + .seconds(15)
                while ContinuousClock.now < end {
                    try await connection.send([UInt8(ascii: "x")])
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
        }
    }

    @Test("gives up at its deadline where nothing comes")
    func silence() async throws {
        await #expect(throws: HTTPClientError.timeout) {
            try await ask(limit: .milliseconds(300)) { connection in
                _ = try await connection.receive()
                _ = try await connection.receive()
            }
        }
    }

    @Test("gives up a server that says nothing, or nothing more, long before its deadline")
    func hung() async throws {
        for head in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
            await #expect(throws: HTTPClientError.timeout) {
                try await ask(limit: .seconds(3600), silence: .milliseconds(200)) { connection in
                    _ = try await connection.receive()
                    try await connection.send(Array(head.utf8))
                    // Held open until the client goes.
                    _ = try await connection.receive()
                }
            }
        }
    }

    @Test("is patient with a server that says a little at a time")
    func slow() async throws {
        let exchange = try await ask(silence: .seconds(10)) { connection in
            _ = try await connection.receive()
            for piece in ["HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\n", "o", "k"] {
                try await connection.send(Array(piece.utf8))
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(exchange.response.body == Array("ok".utf8))
    }

    @Test("begins other connections beside one that does not open, and takes the first that does")
    func lostConnection() async throws {
        var most = 0
        // On a machine that is busy elsewhere the time for connecting may pass before the last.
        for _ in 0..<10 where most < HTTPClient.connectionLimit {
            most = try await connectionsBegun()
        }
        #expect(most == HTTPClient.connectionLimit)
    }

    /// How many connections a client begins to a server that does not let the first one in.
    private func connectionsBegun() async throws -> Int {
        let listener = try DeafListener()
        let url = try HTTPURL("http://127.0.0.1:\(listener.port)/d.xml")
        let isOver = Locked(false)
        let client = Task {
            defer { isOver.withLock { $0 = true } }
            return try await HTTPClient().exchange(
                HTTPRequest(url: url), bodyLimit: 1 << 10, silence: .milliseconds(200),
                until: .now + .seconds(3600))
        }
        var most = 0
        while !isOver.current, most < HTTPClient.connectionLimit {
            most = max(most, try listener.waitingConnections())
            try await Task.sleep(for: .milliseconds(20))
        }
        listener.hear()
        do {
            _ = try await client.value
            Issue.record("nobody answers here")
        } catch let error as HTTPClientError {
            // One opens when the kernel repeats its SYN, or on a busy machine none does in time.
            #expect(error == .timeout || error == .unopened, "\(error)")
        }
        return most
    }

    @Test("leaves by its interface and by no other")
    func interface() async throws {
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let url = try HTTPURL("http://127.0.0.1:\(try listener.localAddress().port)/d.xml")
        let client = HTTPClient(interface: "no-such-one")
        await #expect(throws: HTTPClientError.connection(SystemError("setsockopt", code: 19))) {
            try await client.exchange(
                HTTPRequest(url: url), bodyLimit: 1, silence: nil, until: .now + .seconds(5))
        }
    }

    @Test("tells a connection that did not open from an answer that did not come")
    func unopened() async throws {
        let listener = try DeafListener()
        let url = try HTTPURL("http://127.0.0.1:\(listener.port)/d.xml")
        var shortest = Duration.seconds(60)
        for _ in 1...3 {
            let start = ContinuousClock.now
            await #expect(throws: HTTPClientError.unopened) {
                try await HTTPClient().exchange(
                    HTTPRequest(url: url), bodyLimit: 1 << 10, silence: nil,
                    until: start + .milliseconds(500))
            }
            shortest = min(shortest, .now - start)
        }
        // A connection that would begin after the deadline, 800 ms from the start, is not waited for.
        #expect(shortest < .milliseconds(750))
    }

    @Test("takes no more than the limit of a flood (T-3)")
    func flood() async throws {
        await #expect(throws: HTTPClientError.message(.bodyTooLong)) {
            try await ask { connection in
                try await connection.send(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
                while true { try await connection.send(Array(repeating: 0, count: 65_536)) }
            }
        }
    }

    @Test("tells a closed port, a closed connection and a reset apart")
    func failures() async throws {
        await #expect(throws: HTTPClientError.message(.nothing)) {
            try await ask { connection in _ = try await connection.receive() }
        }
        await #expect(throws: HTTPClientError.connection(SystemError("receive", code: 104))) {
            try await ask { connection in
                _ = try await connection.receive()
                connection.resetOnClose()
            }
        }
        let listener = try StreamSocket(listeningOn: SocketAddress(.v4(.loopback), port: 0))
        let port = try listener.localAddress().port
        let url = try HTTPURL("http://127.0.0.2:\(port)/")
        await #expect(throws: HTTPClientError.connection(SystemError("connect", code: 111))) {
            try await HTTPClient().exchange(
                HTTPRequest(url: url), bodyLimit: 1, silence: nil, until: .now + .seconds(5))
        }
    }

    @Test("takes an answer that came before the connection was reset")
    func resetBehindTheAnswer() async throws {
        let exchange = try await ask { connection in
            try await connection.send(Array("HTTP/1.1 500 No\r\n\r\n\(Self.document)".utf8))
            // Closing with the request unread makes the kernel reset the connection.
        }
        #expect(exchange.response.status == 500)
    }

    @Test("returns a redirect as it is and goes nowhere (T-9)")
    func redirect() async throws {
        let exchange = try await ask(
            answer(
                "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.3/\r\nContent-Length: 0\r\n\r\n"))
        #expect(exchange.response.status == 302)
    }

    @Test("ends at once when the task is cancelled")
    func cancellation() async throws {
        let task = Task {
            try await ask { connection in
                _ = try await connection.receive()
                _ = try await connection.receive()
            }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

extension StreamSocket {
    /// Answers the first request of the next connection, which stays open until its client goes.
    ///
    /// - Returns: all that the client sent.
    fileprivate func served(with answer: [UInt8]) async throws -> [UInt8] {
        let (connection, _) = try await accept()
        var request = try await connection.receive()
        try await connection.send(answer)
        while case let more = try await connection.receive(), !more.isEmpty { request += more }
        return request
    }
}
