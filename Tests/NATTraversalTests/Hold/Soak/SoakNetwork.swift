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

    var elapsed: Duration { state.current.time }
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

/// Calls to the router of a `SoakNetwork`, in its time.
struct SoakHTTP: HTTPTransport {
    let network: SoakNetwork

    var now: ContinuousClock.Instant { network.now }

    func sleep(for pause: Duration) async throws {
        try Task.checkCancellation()
        network.pass(until: network.elapsed + pause)
    }

    func exchange(
        _ request: HTTPRequest, bodyLimit: Int, silence: Duration?,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPExchange {
        let rest = max(.zero, deadline - now)
        let answer = network.withRouter { router, time in router.answer(request, at: time) }
        let wait: Duration =
            switch answer.content {
            case .failure(.unopened): .seconds(3)
            case .failure(.timeout): silence ?? rest
            default: answer.delay
            }
        try await sleep(for: min(wait, rest))
        guard wait <= rest else { throw HTTPClientError.timeout }
        return HTTPExchange(
            response: try answer.content.get(), localAddress: ScriptedTransport.client)
    }
}

/// The search for the UPnP side of a `SoakRouter`, in the time of its network.
final class SoakFinder: ServiceFinding {
    typealias Service = IGDChoice

    /// How long the search takes.
    private static let searchTime = Duration.milliseconds(60)

    private struct State {
        var known: IGDFinder.Found?
        /// When the present search began.
        var begin: Duration?
    }

    private let network: SoakNetwork
    /// What is found, by the path of the service.
    private let services: [String: IGDFinder.Found]
    private let state = Locked(State())

    init(_ network: SoakNetwork) async throws {
        self.network = network
        var services: [String: IGDFinder.Found] = [:]
        for path in SoakRouter.controlPaths {
            let location = try HTTPURL("http://192.168.77.1:5000/d.xml")
            let document = """
                <root><device><service>\
                <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
                <controlURL>\(path)</controlURL></service></device></root>
                """
            let device = UPnPDevice(
                try DeviceDescription(parsing: Array(document.utf8), from: location),
                at: location, from: ScriptedTransport.client.address,
                http: SoakHTTP(network: network))
            let choice = try await IGDChoice.chosen(from: device, until: network.now)
            services[path] = choice.map { IGDFinder.Found(device: device, choice: $0) }
        }
        self.services = services
    }

    var known: IGDFinder.Found? {
        let elapsed = network.elapsed
        let offered = network.withRouter { router, _ in
            router.isFound ? services[router.controlPath] : nil
        }
        return state.withLock { state in
            if state.known == nil, let begin = state.begin, elapsed >= begin + Self.searchTime {
                state.known = offered
            }
            return state.known
        }
    }

    var device: UPnPDevice? { known?.device }
    var warnings: [MapperWarning] { [] }
    var lastProblem: PortMapperError? { nil }
    var isReady: Bool { known != nil }

    /// A race looks here for the first time when its search begins: in virtual time there is no
    /// waiting for the task that searches.
    var hasHeard: Bool {
        begin()
        return isReady
    }

    func search(until deadline: ContinuousClock.Instant) async {}

    private func begin() {
        let now = network.elapsed
        state.withLock { $0.begin = $0.begin ?? now }
    }

    func keep(_ found: IGDFinder.Found) { state.withLock { $0.known = found } }
    func forget() { state.withLock { $0 = State() } }

    func find(
        _ budget: TimeBudget, until limit: ContinuousClock.Instant?, silence: Duration?
    ) async throws -> IGDFinder.Found {
        begin()
        if !isReady { network.pass(until: network.elapsed + Self.searchTime) }
        if let known {
            budget.hasHeard = true
            return known
        }
        state.withLock { $0.begin = nil }
        let end = [silence.map { network.now + $0 }, limit].compactMap(\.self)
            .reduce(budget.deadline, min)
        let wait = max(.zero, end - network.now)
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

extension SoakRouter {
    /// Whether a search for UPnP is answered.
    fileprivate var isFound: Bool {
        techniques.contains(.upnp) && !mood.isSilent && !mood.isClosed
    }
}
