/// The result of an HTTP exchange.
struct HTTPExchange: Hashable, Sendable {
    var response: HTTPResponse
    /// The local address of the connection, by which the server knows this host.
    var localAddress: SocketAddress
}

/// Everything a UPnP client needs from HTTP; tests pass a script instead.
protocol HTTPTransport: Sendable {
    /// Sends a request on a connection of its own and reads the answer; no redirect is followed
    /// (T-9).
    ///
    /// - Parameters:
    ///   - request: the request and its target.
    ///   - bodyLimit: the longest body, in bytes.
    ///   - deadline: when to give up, whether connecting, sending or receiving.
    /// - Returns: the answer, with any status.
    /// - Throws: `HTTPClientError`, `CancellationError`.
    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange
}

/// Why an exchange produced no answer.
enum HTTPClientError: Error, Hashable, Sendable {
    /// The deadline passed.
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

    /// How long connecting may take (H-13).
    private static let connectLimit = Duration.seconds(3)
    /// How long to wait for the promised rest of a body that is already a whole document (H-6).
    private static let restLimit = Duration.milliseconds(100)

    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        do {
            let socket = try await connect(to: request.url.socketAddress, until: deadline)
            guard try await socket.send(request.encoded, until: deadline) else {
                throw HTTPClientError.timeout
            }
            let response = try await read(from: socket, bodyLimit: bodyLimit, until: deadline)
            return HTTPExchange(response: response, localAddress: try socket.localAddress())
        } catch let error as SystemError {
            throw HTTPClientError.connection(error)
        } catch let error as HTTPMessageError {
            throw HTTPClientError.message(error)
        }
    }

    private func connect(
        to peer: SocketAddress, until deadline: ContinuousClock.Instant
    ) async throws -> TCPSocket {
        let socket = try TCPSocket(peer.address.family)
        try socket.bind(to: source, interface: interface)
        let connectDeadline = min(deadline, .now + Self.connectLimit)
        guard try await socket.connect(to: peer, until: connectDeadline) else {
            throw HTTPClientError.timeout
        }
        let found = try socket.peerAddress()
        guard found.address.unmapped == peer.address.unmapped, found.port == peer.port else {
            throw HTTPClientError.wrongPeer
        }
        return socket
    }

    private func read(
        from socket: TCPSocket, bodyLimit: Int, until deadline: ContinuousClock.Instant
    ) async throws -> HTTPResponse {
        var reader = HTTPResponseReader(bodyLimit: bodyLimit)
        while !reader.isFinished {
            guard let bytes = try Self.receive(from: socket, after: reader) else {
                let isWhole = reader.response.map { XMLOutline.isWhole($0.body) } ?? false
                let budget = isWhole ? min(deadline, .now + Self.restLimit) : deadline
                if try await socket.waitForInput(until: budget) { continue }
                guard isWhole else { throw HTTPClientError.timeout }
                break
            }
            if bytes.isEmpty { try reader.receiveEnd() } else { try reader.receive(bytes) }
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
