import Glibc
import TestSupport

@testable import NATTraversal

/// A gateway in virtual time that speaks all three techniques, each as a test says; what it maps by
/// PCP and NAT-PMP stands in one table, what it maps by UPnP in `igd`'s.
final class ScriptedRouter: Sendable {
    /// What comes of requests by one of the techniques of port 5351.
    enum Behaviour: Sendable {
        case grants
        /// Another port than the suggested one.
        case grantsPort(UInt16)
        /// The answer comes so late.
        case grantsAfter(Duration)
        case refuses(UInt8)
        /// Only requests with this suggested port.
        case refusesPort(UInt16, UInt8)
        case silent
        /// ICMP's "port unreachable", for so many datagrams.
        case closed(times: Int)
        case unsupported
    }

    private struct State {
        var table: [String: UInt16] = [:]
        var closedSends = 0
    }

    let pcp: Behaviour
    let natpmp: Behaviour
    /// Its UPnP side; `nil` where the search is not answered.
    let igd: ScriptedIGD?
    private let state = Locked(State())

    init(pcp: Behaviour, natpmp: Behaviour, igd: ScriptedIGD? = nil) {
        (self.pcp, self.natpmp, self.igd) = (pcp, natpmp, igd)
    }

    /// What is mapped now: `tcp 8080 pcp`, by the internal ports, and by UPnP.
    var mapped: [String] {
        let own = state.withLock { $0.table.map { "\($0.key) \($0.value)" } }
        let upnp = igd?.state.withLock { $0.table.map { "upnp \($0.key.lowercased())" } } ?? []
        return (own + upnp).sorted()
    }

    /// Its network.
    func transport() -> ScriptedTransport {
        ScriptedTransport { [self] payload, _ in answer(payload) }
    }

    private func answer(_ payload: [UInt8]) -> [ScriptedTransport.Arrival] {
        payload.first == 2 ? answerPCP(payload) : answerNATPMP(payload)
    }

    private func answerPCP(_ payload: [UInt8]) -> [ScriptedTransport.Arrival] {
        guard payload.count >= 60, payload[1] == 1 else { return [] }
        let lifetime = payload[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let transport = payload[36] == 6 ? "tcp" : "udp"
        let ports = (UInt16(payload[40]) << 8 | UInt16(payload[41]), suggested(payload, at: 42))
        func response(_ result: UInt8, port: UInt16) -> [UInt8] {
            var bytes: [UInt8] = [2, 0x81, 0, result]
            bytes += payload[4..<8] + [0, 0, 0x10, 0]
            bytes += Array(repeating: 0, count: 12)
            bytes += payload[24..<42]
            bytes += [UInt8(port >> 8), UInt8(port & 0xFF)]
            bytes += Array(repeating: 0, count: 10) + [0xFF, 0xFF, 11, 22, 33, 1]
            return bytes
        }
        return answer(
            pcp, "pcp \(transport) \(ports.0)", suggested: ports.1, lifetime: lifetime,
            unsupported: [0, 0x81, 0, 1, 0, 0, 0x10, 0]
        ) { result, port in response(result, port: port) }
    }

    private func answerNATPMP(_ payload: [UInt8]) -> [ScriptedTransport.Arrival] {
        if payload.count == 2 {
            switch natpmp {
            case .grants, .grantsPort, .refuses, .refusesPort:
                return [.datagram(bytes("00 80 0000 00001000 0b162101"), after: .milliseconds(10))]
            case .closed: return answerClosed() ?? []
            default: return []
            }
        }
        guard payload.count == 12 else { return [] }
        let lifetime = payload[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let transport = payload[1] == 2 ? "tcp" : "udp"
        let internalPort = suggested(payload, at: 4)
        return answer(
            natpmp, "nat-pmp \(transport) \(internalPort)", suggested: suggested(payload, at: 6),
            lifetime: lifetime, unsupported: [0, payload[1] + 128, 0, 5, 0, 0, 0x10, 0]
        ) { result, port in
            var bytes: [UInt8] = [0, payload[1] + 128, 0, result, 0, 0, 0x10, 0]
            bytes += payload[4..<6] + [UInt8(port >> 8), UInt8(port & 0xFF)]
            bytes += payload[8..<12]
            return bytes
        }
    }

    private func suggested(_ payload: [UInt8], at offset: Int) -> UInt16 {
        UInt16(payload[offset]) << 8 | UInt16(payload[offset + 1])
    }

    private func answerClosed() -> [ScriptedTransport.Arrival]? {
        let limit: Int =
            switch (pcp, natpmp) {
            case (.closed(let times), _), (_, .closed(let times)): times
            default: 0
            }
        let isClosed = state.withLock { state in
            state.closedSends += 1
            return state.closedSends <= limit
        }
        return isClosed ? [.failure(ECONNREFUSED, after: .milliseconds(1))] : nil
    }

    private func answer(
        _ behaviour: Behaviour, _ key: String, suggested: UInt16, lifetime: UInt32,
        unsupported: [UInt8], _ response: (UInt8, UInt16) -> [UInt8]
    ) -> [ScriptedTransport.Arrival] {
        var delay = Duration.milliseconds(10)
        var port = suggested
        switch behaviour {
        case .silent: return []
        case .unsupported: return [.datagram(unsupported, after: delay)]
        case .refuses(let code) where lifetime > 0:
            return [.datagram(response(code, 0), after: delay)]
        case .refusesPort(suggested, let code) where lifetime > 0:
            return [.datagram(response(code, 0), after: delay)]
        case .closed: if let closed = answerClosed() { return closed }
        case .grantsPort(let other): port = other
        case .grantsAfter(let time): delay = time
        case .grants, .refuses, .refusesPort: break
        }
        state.withLock { $0.table[key] = lifetime > 0 ? port : nil }
        return [.datagram(response(0, lifetime > 0 ? port : 0), after: delay)]
    }
}

/// The search for a scripted router's UPnP side, in the time of its network.
final class ScriptedFinder: ServiceFinding {
    typealias Service = IGDChoice

    /// How long the search takes.
    static let searchTime = Duration.milliseconds(60)

    private let igd: ScriptedIGD?
    private let network: ScriptedTransport
    private let found: IGDFinder.Found?
    private let beginning = Locked<Duration?>(nil)

    init(_ router: ScriptedRouter, on network: ScriptedTransport) async throws {
        igd = router.igd
        self.network = network
        guard let igd else {
            found = nil
            return
        }
        let location = try HTTPURL("http://192.168.77.1:5000/d.xml")
        let type = "urn:schemas-upnp-org:service:WANIPConnection:1"
        let document = """
            <root><device><service><serviceType>\(type)</serviceType>\
            <controlURL>/c</controlURL></service></device></root>
            """
        let http = ScriptedHTTP(documents: [location.description: Array(document.utf8)])
        let device = try await UPnPDevice.described(
            at: location, by: http, until: .now + .seconds(60))
        found = IGDFinder.Found(
            device: device, choice: IGDChoice(connection: try igd.connection, reason: "scripted"))
    }

    var known: IGDFinder.Found? { isReady ? found : nil }
    var device: UPnPDevice? { known?.device }
    var warnings: [MapperWarning] { [] }
    var lastProblem: PortMapperError? { problem.withLock { $0 } }
    /// What a search has come upon that cannot be used.
    let problem = Locked<PortMapperError?>(nil)

    /// A race looks here for the first time when its search begins: in virtual time there is no
    /// waiting for the task that searches.
    var hasHeard: Bool {
        begin()
        return isReady
    }

    var isReady: Bool {
        guard found != nil, let begun = beginning.withLock({ $0 }) else { return false }
        return network.elapsed >= begun + Self.searchTime
    }

    func search(until deadline: ContinuousClock.Instant) async {}

    private func begin() {
        let now = network.elapsed
        beginning.withLock { $0 = $0 ?? now }
    }

    func find(
        _ budget: TimeBudget, until limit: ContinuousClock.Instant?, silence: Duration?
    ) async throws -> IGDFinder.Found {
        begin()
        let end = [silence.map { network.now + $0 }, limit].compactMap(\.self)
            .reduce(budget.deadline, min)
        guard let found else {
            network.pass(max(.zero, end - network.now))
            throw PortMapperError.noAnswer(gateway: .router, after: .seconds(3))
        }
        if !isReady { network.pass(Self.searchTime) }
        budget.hasHeard = true
        return found
    }

    func ask<Answer>(
        _ found: IGDFinder.Found, _ budget: TimeBudget,
        _ question: (IGDFinder.Found) async throws -> Answer
    ) async throws -> Answer {
        try await question(found)
    }

    /// There is only one service to be found.
    func keep(_ found: IGDFinder.Found) {
        let now = network.elapsed
        beginning.withLock { $0 = now - Self.searchTime }
    }

    func forget() { beginning.withLock { $0 = nil } }
}

/// A session with a scripted router, and a lease file of its own.
struct ScriptedSession {
    let router: ScriptedRouter
    let network: ScriptedTransport
    let session: GatewaySession
    let finder: ScriptedFinder
    let store: LeaseStore
    let folder: TemporaryFolder

    init(
        _ router: ScriptedRouter, via technique: Technique? = nil, timeout: Duration? = nil
    ) async throws {
        self.router = router
        network = router.transport()
        folder = try TemporaryFolder()
        store = LeaseStore(LeaseFile(folder: folder.path))
        let target = GatewayTarget(socketAddress: ScriptedTransport.gateway)
        finder = try await ScriptedFinder(router, on: network)
        session = GatewaySession(
            target, on: network.gatewaySocket, finder: finder,
            internalAddress: PCPVectors.client, via: technique,
            budget: Self.budget(network, timeout))
    }

    private static func budget(_ network: ScriptedTransport, _ timeout: Duration?) -> TimeBudget {
        TimeBudget(
            limit: timeout ?? .seconds(30), silence: timeout == nil ? .seconds(3) : nil,
            from: network.now)
    }

    /// Maps ports as one command does, each with a time of its own.
    func map(
        _ requests: [MappingRequest], via technique: Technique? = nil
    ) async throws -> [MappingAttempt] {
        session.begin(Self.budget(network, nil))
        return try await MappingTransaction(session, via: technique, store: store).map(requests)
    }

    /// Puts a live lease of TCP 8080 by this technique into the lease file.
    @discardableResult func remember(_ technique: Technique) async throws -> Lease {
        let lease = try Lease.sample { lease in
            lease.technique = technique
            lease.expiry = Timestamp.now.advanced(bySeconds: 7200)
            lease.confirmed = .now
        }
        try await store.change(isDurable: false) { $0[lease.key] = lease }
        return lease
    }

    /// What the lease file remembers: `tcp 8080 granted pcp 8080`.
    var leases: [String] {
        store.live(at: .now).map { lease in
            let key = lease.key
            return "\(key.transport.rawValue) \(key.internalPort) \(lease.state.rawValue) "
                + "\(lease.technique.rawValue) \(lease.externalPort)"
        }
    }
}
