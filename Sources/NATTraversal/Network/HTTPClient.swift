/// The result of an HTTP exchange.
struct HTTPExchange: Hashable, Sendable {
    var response: HTTPResponse
    /// The local address of the connection, by which the server knows this host.
    var localAddress: SocketAddress
    /// The version of the request that was answered.
    var version = HTTPRequest.Version.http11
}

/// Everything a UPnP client needs from HTTP; tests pass a script instead.
protocol HTTPTransport: Sendable {
    /// Sends a request on a connection of its own and reads the answer; no redirect is followed
    /// (T-9).
    ///
    /// - Parameters:
    ///   - request: the request and its target.
    ///   - bodyLimit: the longest body, in bytes.
    ///   - silence: how long nothing may come once the request is sent; `nil` for as long as there
    ///     is time.
    ///   - deadline: when to give up connecting, sending and receiving together.
    /// - Returns: the answer, with any status.
    /// - Throws: `HTTPClientError`, `CancellationError`.
    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, silence: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange

    /// The time by which deadlines are meant.
    var now: ContinuousClock.Instant { get }
    /// Closes the connection that a followed request has opened for the next one, if that was not
    /// made.
    func closeNextConnection()
    /// Waits by the same clock.
    ///
    /// - Throws: `CancellationError`.
    func sleep(for pause: Duration) async throws
}

extension HTTPTransport {
    var now: ContinuousClock.Instant { .now }

    func closeNextConnection() {}

    func sleep(for pause: Duration) async throws {
        try await Reactor.shared.sleep(until: .now + pause)
    }
}

/// Why an exchange produced no answer.
enum HTTPClientError: Error, Hashable, Sendable {
    /// The connection did not open in time; nothing was sent.
    case unopened
    /// No answer came in time, or not all of it; the request may have been carried out.
    case timeout
    /// The connection failed: ECONNREFUSED, ECONNRESET, …
    case connection(SystemError)
    /// The peer's address is not the one that was connected to (T-1).
    case wrongPeer
    /// The bytes received are not an HTTP response.
    case message(HTTPMessageError)
}

/// HTTP/1.1 with one connection per request (H-12) and one deadline for the whole exchange.
struct HTTPClient: HTTPTransport {
    /// The local address to connect from, with port 0; `nil` lets the routes decide.
    var source: SocketAddress?
    /// The interface to use; `nil` lets the routes decide.
    var interface: String?
    /// The connection for the request after a followed one: a small gateway serves one at a time
    /// but its kernel shakes hands meanwhile, which saves a round trip.
    private let next = Locked<(socket: TCPSocket, peer: SocketAddress)?>(nil)

    /// - Parameters:
    ///   - source: the local address to connect from, with port 0; `nil` lets the routes decide.
    ///   - interface: the interface to use; `nil` lets the routes decide.
    init(source: SocketAddress? = nil, interface: String? = nil) {
        self.source = source
        self.interface = interface
    }

    /// How long connecting may take (H-13).
    private static let connectLimit = Duration.seconds(3)
    /// How long a connection may take to open until another is begun beside it.
    ///
    /// The kernel repeats a SYN that was lost only after a second.
    private static let nextConnection = Duration.milliseconds(400)
    /// How many are begun at most.
    static let connectionLimit = 3
    /// How long a body that is a whole document waits for the rest that was promised (H-6).
    private static let restLimit = Duration.milliseconds(100)

    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, silence: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        do {
            let socket = try await connect(to: request.url.socketAddress, until: deadline)
            guard try await socket.send(request.encoded, until: deadline) else {
                throw HTTPClientError.timeout
            }
            if request.isFollowed { beginNextConnection(to: request.url.socketAddress) }
            let response = try await read(
                from: socket, bodyLimit: bodyLimit, silence: silence, until: deadline)
            return HTTPExchange(response: response, localAddress: try socket.localAddress())
        } catch let error as SystemError {
            throw HTTPClientError.connection(error)
        } catch let error as HTTPMessageError {
            throw HTTPClientError.message(error)
        }
    }

    private func beginNextConnection(to peer: SocketAddress) {
        guard let socket = try? beginConnecting(to: peer) else { return }
        next.withLock { $0 = (socket, peer) }
    }

    func closeNextConnection() { next.withLock { $0 = nil } }

    /// The connection that was opened in advance, if it stands and is still of use.
    private func takeNextConnection(to peer: SocketAddress) -> TCPSocket? {
        let next = next.withLock { next in
            defer { next = nil }
            return next
        }
        guard let next, next.peer == peer, next.socket.isUnused else { return nil }
        return next.socket
    }

    /// Connects by the first of a few connections that opens; the others are closed.
    private func connect(
        to peer: SocketAddress, until deadline: ContinuousClock.Instant
    ) async throws -> TCPSocket {
        let deadline = min(deadline, .now + Self.connectLimit)
        let socket: TCPSocket
        if let next = takeNextConnection(to: peer) {
            socket = next
        } else {
            let first = try beginConnecting(to: peer)
            let firstLimit = min(deadline, .now + Self.nextConnection)
            socket =
                if try await first.isConnected(until: firstLimit) { first } else {
                    try await connect(to: peer, beside: first, until: deadline)
                }
        }
        let found = try socket.peerAddress()
        guard found.address.unmapped == peer.address.unmapped, found.port == peer.port else {
            throw HTTPClientError.wrongPeer
        }
        return socket
    }

    private func connect(
        to peer: SocketAddress, beside first: TCPSocket, until deadline: ContinuousClock.Instant
    ) async throws -> TCPSocket {
        try await withThrowingTaskGroup(of: TCPSocket?.self) { group in
            group.addTask { try await first.isConnected(until: deadline) ? first : nil }
            for number in 1..<Self.connectionLimit {
                let start = ContinuousClock.now + Self.nextConnection * (number - 1)
                guard start < deadline else { break }
                group.addTask {
                    try await Reactor.shared.sleep(until: start)
                    let socket = try beginConnecting(to: peer)
                    return try await socket.isConnected(until: deadline) ? socket : nil
                }
            }
            defer { group.cancelAll() }
            while let socket = try await group.next() {
                if let socket { return socket }
            }
            throw HTTPClientError.unopened
        }
    }

    private func beginConnecting(to peer: SocketAddress) throws(SystemError) -> TCPSocket {
        let socket = try TCPSocket(peer.address.family)
        try socket.bind(to: source, interface: interface)
        try socket.beginConnecting(to: peer)
        return socket
    }

    private func read(
        from socket: TCPSocket, bodyLimit: Int, silence: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPResponse {
        var reader = HTTPResponseReader(bodyLimit: bodyLimit)
        while !reader.isFinished {
            let now = ContinuousClock.now
            let end = silence.map { min(deadline, now + $0) } ?? deadline
            // A peer that always has a byte ready never makes anybody wait (T-3).
            if now < deadline {
                if let bytes = try Self.receive(from: socket, after: reader) {
                    if bytes.isEmpty { try reader.receiveEnd() } else { try reader.receive(bytes) }
                    continue
                }
                let pause = min(end, now + Self.restLimit)
                if try await socket.waitForInput(until: pause) { continue }
            }
            // Looked at only in a pause: it may be long and come byte by byte.
            if let body = reader.response?.body, XMLOutline.isWhole(body) { break }
            guard now < deadline, try await socket.waitForInput(until: end) else {
                throw HTTPClientError.timeout
            }
        }
        guard let response = reader.response else { throw HTTPMessageError.nothing }
        return response
    }

    /// Receives what has arrived; a reset after the head ends the response like a close.
    private static func receive(
        from socket: TCPSocket, after reader: HTTPResponseReader
    ) throws(SystemError) -> [UInt8]? {
        do { return try socket.receiveNow() } catch {
            guard reader.response != nil else { throw error }
            return []
        }
    }
}
