@testable import NATTraversal

/// A link with UPnP devices on it, on a clock that jumps to whatever comes next; nothing waits.
final class ScriptedUPnPNetwork: UPnPNetwork {
    /// A datagram that comes back so long after a search.
    struct Answer: Sendable {
        var source: SocketAddress
        var payload: [UInt8]
        var delay = Duration.milliseconds(1)
    }

    /// What a search brings; the destination tells unicast from multicast.
    typealias Responder = @Sendable (_ search: String, _ destination: SocketAddress) -> [Answer]

    let http: ScriptedHTTP
    private let neighbours: [String: [UInt8]]
    private let responder: Responder
    private let searches = Locked<[(search: String, destination: SocketAddress)]>([])
    private let times = Locked<[Duration]>([])

    /// - Parameters:
    ///   - http: serves the descriptions.
    ///   - neighbours: link-layer addresses that are known.
    ///   - responder: answers searches.
    init(
        http: ScriptedHTTP, neighbours: [String: [UInt8]] = [:], _ responder: @escaping Responder
    ) {
        self.http = http
        self.neighbours = neighbours
        self.responder = responder
    }

    /// The searches that were sent, with whom they were sent to.
    var sent: [(search: String, destination: SocketAddress)] { searches.withLock { $0 } }

    /// When they were sent, after the beginning.
    var sendTimes: [Duration] { times.withLock { $0 } }

    func http(on link: SSDPLink?) -> any HTTPTransport { http }

    func linkLayerAddress(of address: IPAddress, on link: SSDPLink) -> [UInt8]? {
        neighbours[address.description]
    }

    func datagrams(on link: SSDPLink) throws(SystemError) -> any DatagramTransport {
        Datagrams(self)
    }

    /// An answer to a search with this LOCATION.
    static func answer(
        from source: SocketAddress, location: String, target: String = "upnp:rootdevice",
        delay: Duration = .milliseconds(1)
    ) -> Answer {
        let text = """
            HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: \(target)\r\n\
            USN: uuid:x::\(target)\r\nLOCATION: \(location)\r\n\r\n
            """
        return Answer(source: source, payload: Array(text.utf8), delay: delay)
    }

    private final class Datagrams: DatagramTransport {
        private struct State {
            var time = Duration.zero
            var arrivals: [(time: Duration, answer: Answer)] = []
        }

        private let network: ScriptedUPnPNetwork
        private let start = ContinuousClock.now
        private let state = Locked(State())

        init(_ network: ScriptedUPnPNetwork) { self.network = network }

        var now: ContinuousClock.Instant { start + state.current.time }

        func send(_ payload: [UInt8], to peer: SocketAddress?) throws(SystemError) {
            guard let peer else { return }
            let search = String(decoding: payload, as: UTF8.self)
            network.searches.withLock { $0.append((search, peer)) }
            let time = state.current.time
            network.times.withLock { $0.append(time) }
            let answers = network.responder(search, peer)
            state.withLock { state in
                state.arrivals += answers.map { (state.time + $0.delay, $0) }
                state.arrivals.sort { $0.time < $1.time }
            }
        }

        /// Nothing comes unasked.
        func waitForDatagram() async throws { try await Task.sleep(for: .seconds(3600)) }

        func receive(until deadline: ContinuousClock.Instant) async throws -> Datagram? {
            try Task.checkCancellation()
            let limit = start.duration(to: deadline)
            return state.withLock { state in
                guard let next = state.arrivals.first, next.time <= limit else {
                    state.time = max(state.time, limit)
                    return nil
                }
                state.time = max(state.time, next.time)
                state.arrivals.removeFirst()
                return Datagram(source: next.answer.source, payload: next.answer.payload)
            }
        }
    }
}

/// An HTTP server for every address, whose answers a test scripts, on a clock that jumps: a time-out
/// takes its time there and nowhere else.
final class ScriptedHTTP: HTTPTransport {
    typealias Responder = @Sendable (HTTPRequest) throws -> HTTPResponse
    /// What a request waits for in real time before it is answered.
    typealias Gate = @Sendable (HTTPRequest) async throws -> Void

    private let responder: Responder
    private let gate: Gate
    private let seen = Locked<[Seen]>([])
    private let start = ContinuousClock.now
    private let time = Locked(Duration.zero)

    private struct Seen {
        var request: HTTPRequest
        var bodyLimit: Int
        var time: Duration
    }

    init(gate: @escaping Gate = { _ in }, _ responder: @escaping Responder) {
        self.gate = gate
        self.responder = responder
    }

    /// How much time has passed.
    var elapsed: Duration { time.withLock { $0 } }
    var now: ContinuousClock.Instant { start + elapsed }

    func sleep(for pause: Duration) async throws {
        try Task.checkCancellation()
        time.withLock { $0 += pause }
    }

    /// Serves documents by their URLs; everything else is 404.
    convenience init(documents: [String: [UInt8]], gate: @escaping Gate = { _ in }) {
        self.init(gate: gate) { request in
            guard let body = documents[request.url.description] else { return .status(404) }
            return .status(200, body)
        }
    }

    /// What was asked for, in order.
    var requests: [HTTPRequest] { seen.withLock { $0.map(\.request) } }
    /// The longest body that was asked for with each.
    var bodyLimits: [Int] { seen.withLock { $0.map(\.bodyLimit) } }
    /// When each was sent, after the beginning.
    var times: [Duration] { seen.withLock { $0.map(\.time) } }

    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, silence: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        try Task.checkCancellation()
        seen.withLock { $0.append(Seen(request: request, bodyLimit: bodyLimit, time: elapsed)) }
        try await gate(request)
        let response: HTTPResponse
        do { response = try responder(request) } catch let error as HTTPClientError {
            let limit: Duration? =
                switch error {
                case .timeout: silence ?? .seconds(3600)
                case .unopened: .seconds(3)
                default: nil
                }
            if let limit { try await sleep(for: max(.zero, min(limit, deadline - now))) }
            throw error
        }
        return HTTPExchange(
            response: response,
            localAddress: SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_4D0A)), port: 40000))
    }
}

extension HTTPResponse {
    /// A whole answer of this status.
    static func status(_ status: Int, _ body: [UInt8] = []) -> HTTPResponse {
        HTTPResponse(
            status: status, fields: HTTPFields(), framing: .contentLength, body: body,
            isComplete: true)
    }
}

extension SocketAddress {
    /// A literal of a test.
    static func test(_ address: String, port: UInt16 = 1900) -> SocketAddress {
        SocketAddress(IPAddress(address) ?? .v4(.unspecified), port: port)
    }
}
