import TestSupport

@testable import NATTraversal

/// The network of a `SoakRouter`, on a clock that jumps to whatever comes next.
///
/// It remembers nothing of what was sent, so that weeks take no more memory than minutes.
final class SoakNetwork: DatagramTransport {
    private struct State {
        var router: SoakRouter
        var time = Duration.zero
        var arrivals: [(time: Duration, socket: Int, content: Result<[UInt8], SystemError>)] = []
        var sockets = 1
    }

    private let start: ContinuousClock.Instant
    private let state: Locked<State>
    private let socket: Int

    init(_ router: SoakRouter) {
        (start, state, socket) = (.now, Locked(State(router: router)), 1)
    }

    /// Another socket on the same network.
    private init(beside first: SoakNetwork) {
        (start, state) = (first.start, first.state)
        socket = state.withLock { state in
            state.sockets += 1
            return state.sockets
        }
    }

    var elapsed: Duration { state.withLock(\.time) }
    var now: ContinuousClock.Instant { start + elapsed }

    /// Lets time pass until `end`, in which nobody receives.
    func pass(until end: Duration) { state.withLock { $0.time = max($0.time, end) } }

    /// Looks at the router, or changes it.
    func withRouter<Value>(_ body: (inout SoakRouter, Duration) -> Value) -> Value {
        state.withLock { body(&$0.router, $0.time) }
    }

    func send(_ payload: [UInt8], to peer: SocketAddress?) throws(SystemError) {
        state.withLock { state in
            for (delay, content) in state.router.answer(payload, at: state.time) {
                state.arrivals.append((state.time + delay, socket, content))
            }
            // What nobody has fetched for an hour lies in a socket that was closed.
            let old = state.time - .seconds(3600)
            state.arrivals.removeAll { $0.time < old }
        }
    }

    func receive(until deadline: ContinuousClock.Instant) async throws -> Datagram? {
        let limit = start.duration(to: deadline)
        let content = state.withLock { state -> Result<[UInt8], SystemError>? in
            let next = state.arrivals.indices.filter { state.arrivals[$0].socket == socket }
                .min { state.arrivals[$0].time < state.arrivals[$1].time }
            guard let next, state.arrivals[next].time <= max(limit, state.time) else {
                state.time = max(state.time, limit)
                return nil
            }
            let arrival = state.arrivals.remove(at: next)
            state.time = max(state.time, arrival.time)
            return arrival.content
        }
        return try content.map {
            Datagram(source: ScriptedTransport.gateway, payload: try $0.get())
        }
    }

    /// Nothing comes unasked.
    func waitForDatagram() async throws { try await Task.sleep(for: .seconds(3600)) }

    /// A gateway's socket on this network.
    var gatewaySocket: GatewaySocket {
        GatewaySocket(
            gateway: ScriptedTransport.gateway, local: ScriptedTransport.client, transport: self,
            open: { (SoakNetwork(beside: self), ScriptedTransport.client) })
    }
}

/// A search for UPnP that finds nothing, in the time of the network.
final class SoakFinder: ServiceFinding {
    typealias Service = IGDChoice

    private let network: SoakNetwork

    init(_ network: SoakNetwork) { self.network = network }

    var device: UPnPDevice? { nil }
    var known: IGDFinder.Found? { nil }
    var warnings: [MapperWarning] { [] }
    var lastProblem: PortMapperError? { nil }
    var isReady: Bool { false }
    var hasHeard: Bool { false }

    func search(until deadline: ContinuousClock.Instant) async {}
    func keep(_ found: IGDFinder.Found) {}
    func forget() {}

    func find(_ budget: TimeBudget, silence: Duration) async throws -> IGDFinder.Found {
        let wait = min(silence, max(.zero, budget.deadline - network.now))
        network.pass(until: network.elapsed + wait)
        throw PortMapperError.noAnswer(gateway: .router, technique: .upnp, after: wait)
    }

    func ask<Answer>(
        _ found: IGDFinder.Found, _ budget: TimeBudget,
        _ question: (IGDFinder.Found) async throws -> Answer
    ) async throws -> Answer {
        try await question(found)
    }
}
