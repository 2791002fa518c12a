import Glibc

@testable import NATTraversal

/// A network that answers as a script says, on a clock that jumps to whatever comes next.
///
/// Nothing waits: a test of a schedule of minutes takes microseconds.
final class ScriptedTransport: DatagramTransport {
    /// Something that arrives so long after the send that it answers.
    struct Arrival: Sendable {
        var delay: Duration
        /// Bytes, or the errno that an ICMP message leaves.
        var content: Result<[UInt8], SystemError>

        static func datagram(_ bytes: [UInt8], after delay: Duration = .zero) -> Arrival {
            Arrival(delay: delay, content: .success(bytes))
        }

        static func failure(_ code: Int32, after delay: Duration = .zero) -> Arrival {
            Arrival(delay: delay, content: .failure(SystemError("receive", code: code)))
        }
    }

    /// A datagram as it was sent.
    struct Sent: Sendable {
        var bytes: [UInt8]
        /// Since the start.
        var time: Duration
    }

    /// What arrives because of a datagram; `number` counts the datagrams sent, from 1.
    typealias Script = @Sendable (_ bytes: [UInt8], _ number: Int) -> [Arrival]

    private struct State {
        var time = Duration.zero
        var sent: [Sent] = []
        var arrivals: [(time: Duration, socket: Int, content: Result<[UInt8], SystemError>)] = []
        var sockets = 1
    }

    private let start: ContinuousClock.Instant
    private let state: Locked<State>
    private let script: Script
    /// Counted from 1; what answers a datagram arrives where it was sent.
    private let socket: Int

    /// A gateway that says nothing.
    convenience init() { self.init { _, _ in [] } }

    init(_ script: @escaping Script) {
        (start, state, socket) = (.now, Locked(State()), 1)
        self.script = script
    }

    /// Another socket on the network of `first`.
    private init(beside first: ScriptedTransport) {
        (start, state, script) = (first.start, first.state, first.script)
        socket = state.withLock { state in
            state.sockets += 1
            return state.sockets
        }
    }

    /// How many sockets were opened.
    var sockets: Int { state.current.sockets }

    /// Everything that was sent so far.
    var sent: [Sent] { state.current.sent }
    /// How much time has passed.
    var elapsed: Duration { state.current.time }

    var now: ContinuousClock.Instant { start + elapsed }

    /// Lets time pass in which nobody receives.
    func pass(_ duration: Duration) { state.withLock { $0.time += duration } }

    func send(_ payload: [UInt8], to peer: SocketAddress?) throws(SystemError) {
        state.withLock { state in
            state.sent.append(Sent(bytes: payload, time: state.time))
            for arrival in script(payload, state.sent.count) {
                state.arrivals.append((state.time + arrival.delay, socket, arrival.content))
            }
        }
    }

    func receive(until deadline: ContinuousClock.Instant) async throws -> Datagram? {
        try Task.checkCancellation()
        let limit = start.duration(to: deadline)
        let content = state.withLock { state -> Result<[UInt8], SystemError>? in
            let next = state.arrivals.indices.filter { state.arrivals[$0].socket == socket }.min {
                state.arrivals[$0].time < state.arrivals[$1].time
            }
            guard let next, state.arrivals[next].time <= max(limit, state.time) else {
                state.time = max(state.time, limit)
                return nil
            }
            let arrival = state.arrivals.remove(at: next)
            state.time = max(state.time, arrival.time)
            return arrival.content
        }
        return try content.map { Datagram(source: Self.gateway, payload: try $0.get()) }
    }
}

extension ScriptedTransport {
    /// Nothing comes unasked.
    func waitForDatagram() async throws { try await Task.sleep(for: .seconds(3600)) }

    /// The addresses of the captures: 192.168.77.1 is asked from 192.168.77.10.
    static let gateway = SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_4D01)), port: 5351)
    static let client = SocketAddress(.v4(IPv4Address(rawValue: 0xC0A8_4D0A)), port: 40000)

    /// A gateway's socket on this network.
    var gatewaySocket: GatewaySocket { gatewaySocket(to: Self.gateway, from: Self.client) }

    /// The same for another gateway and another address of this host.
    func gatewaySocket(to gateway: SocketAddress, from client: SocketAddress) -> GatewaySocket {
        GatewaySocket(
            gateway: gateway, local: client, transport: self,
            open: { (ScriptedTransport(beside: self), client) })
    }

    /// A limit of 30 s in all, and of 3 s as long as nothing has answered, as commands have.
    var limit: AskLimit {
        AskLimit(budget: TimeBudget(limit: .seconds(30), silence: .seconds(3), from: now))
    }
}

extension PCPClient {
    /// Maps one.
    func map(_ request: PCPMapRequest, _ limit: AskLimit) async throws -> Grant {
        try await map([request], limit)[0].flatMap(grant(in:)).get()
    }
}
