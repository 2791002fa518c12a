import TestSupport
import Testing

@testable import NATTraversal

/// A firewall that opens ports of IPv6 by PCP, with the faults of miniupnpd (N-18).
private final class ScriptedPCPFirewall: Sendable {
    struct Faults: Sendable {
        /// Whether a renewal loses the nonce.
        var losesNonce = false
        /// Whether only the nonce of the mapping may renew it.
        var checksNonce = false
        /// How often a request is answered by NO_RESOURCES.
        var refusals = 0
        var isSilent = false
    }

    struct Entry: Sendable {
        var nonce: [UInt8]?
        var lifetime: UInt32
    }

    private struct State {
        var faults: Faults
        var open: [UInt16: Entry] = [:]
    }

    private let state: Locked<State>

    init(_ faults: Faults = Faults()) { state = Locked(State(faults: faults)) }

    /// What is open, by the port.
    var open: [UInt16: Entry] {
        get { state.current.open }
        set { state.withLock { $0.open = newValue } }
    }

    func transport() -> ScriptedTransport {
        ScriptedTransport { [self] payload, _ in
            answer(payload).map { [.datagram($0, after: .milliseconds(10))] } ?? []
        }
    }

    private func answer(_ payload: [UInt8]) -> [UInt8]? {
        guard payload.first == 2, payload.count >= 60, payload[1] == 1 else { return nil }
        let lifetime = payload[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let port = UInt16(payload[40]) << 8 | UInt16(payload[41])
        let nonce = Array(payload[24..<36])
        let result: (code: UInt8, lifetime: UInt32)? = state.withLock { state in
            if state.faults.isSilent { return nil }
            if state.faults.refusals > 0 {
                state.faults.refusals -= 1
                return (8, 30)
            }
            guard let old = state.open[port] else {
                if lifetime > 0 { state.open[port] = Entry(nonce: nonce, lifetime: lifetime) }
                return (0, lifetime)
            }
            if lifetime == 0 {
                if old.nonce != nonce { return (2, 0) }
                state.open[port] = nil
                return (0, 0)
            }
            if state.faults.checksNonce, old.nonce != nonce { return (2, 0) }
            let granted = max(120, lifetime)
            state.open[port] = Entry(
                nonce: state.faults.losesNonce ? nil : nonce, lifetime: granted)
            return (0, granted)
        }
        guard let result else { return nil }
        var bytes: [UInt8] = [2, 0x81, 0, result.code]
        bytes += (0..<4).reversed().map { UInt8(truncatingIfNeeded: result.lifetime >> ($0 * 8)) }
        bytes += [0, 0, 0x10, 0] + Array(repeating: 0, count: 12)
        return bytes + payload[24..<60]
    }
}

/// UPnP for IPv6 that does nothing but close ports of the firewall, or is not there.
private final class ScriptedPinholes: UPnPTechnique {
    private let firewall: ScriptedPCPFirewall?
    /// How many deletes it was asked for.
    private(set) var deletes = 0

    init(_ firewall: ScriptedPCPFirewall?) { self.firewall = firewall }

    struct NoSearch: RivalSearch {
        func search(until deadline: ContinuousClock.Instant) async {}
        var isReady: Bool { false }
        var hasHeard: Bool { false }
    }

    let search: any RivalSearch = NoSearch()
    var device: UPnPDevice? { nil }
    var warnings: [MapperWarning] { [] }
    var problem: PortMapperError? { nil }
    var moveCount: Int { 0 }
    func forget() {}
    func begin() {}

    private let absence = PortMapperError.noAnswer(gateway: .router, after: .seconds(3))

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe { throw absence }
    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? { throw absence }
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        attempts.map { _ in TechniqueAnswer(result: .failure(absence), wasSent: false) }
    }
    func withdraw(_ attempt: MappingAttempt) {}
    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        deletes += leases.count
        guard let firewall else { return leases.map { _ in .failure(absence) } }
        for lease in leases { firewall.open[lease.key.internalPort.rawValue] = nil }
        return leases.map { _ in .success(.deleted) }
    }
}

/// A session with a firewall, and a lease file of its own.
private struct PinholeSession {
    static let gateway = "fe80::1"
    static let client = "3ffe:ffff:77::fe:7710"

    let network: ScriptedTransport
    let session: GatewaySession
    let store: LeaseStore
    let folder: TemporaryFolder

    init(_ firewall: ScriptedPCPFirewall, _ pinholes: ScriptedPinholes) async throws {
        network = firewall.transport()
        folder = try TemporaryFolder()
        store = LeaseStore(LeaseFile(folder: folder.path))
        // The loopback interface, whose index is the same in every network.
        let gateway = SocketAddress(
            try #require(IPAddress(Self.gateway)), port: 5351, scopeID: 1)
        let client = try #require(IPAddress(Self.client))
        let router = ScriptedRouter(pcp: .silent, natpmp: .silent)
        session = GatewaySession(
            GatewayTarget(socketAddress: gateway),
            on: network.gatewaySocket(
                to: gateway, from: SocketAddress(client, port: 40000)),
            finder: try await ScriptedFinder(router, on: network), upnp: pinholes,
            internalAddress: client,
            budget: TimeBudget(limit: .seconds(30), silence: .seconds(3), from: network.now))
    }

    /// Opens TCP 8080, as one command does.
    func map(
        _ change: (inout MappingRequest) -> Void = { _ in }
    ) async throws -> MappingAttempt {
        session.begin(TimeBudget(limit: .seconds(30), silence: .seconds(3), from: network.now))
        var request = MappingRequest(
            .tcp, internalPort: try TestPort.number(8080), family: .ipv6)
        change(&request)
        return try await MappingTransaction(session, via: nil, store: store).map([request])[0]
    }

    var leases: [Lease] { store.live(at: .now) }
}

@Suite("A session that opens ports of IPv6 (N-18)") struct PinholeSessionTests {
    @Test("suggests the own address and port, in a renewal too, and never asks by NAT-PMP")
    func suggestsItself() async throws {
        let test = try await PinholeSession(ScriptedPCPFirewall(), ScriptedPinholes(nil))
        for _ in 0..<2 {
            let attempt = try await test.map()
            let mapping = try #require(attempt.mapping)
            #expect(mapping.gateway.description == "fe80::1%lo")
            #expect(mapping.externalAddress?.description == PinholeSession.client)
            #expect(mapping.externalPort == 8080)
        }
        let nonce = try #require(test.leases.first?.nonce?.hexadecimal)
        let own = "3ffeffff 00770000 00000000 00fe7710"
        let request = bytes(
            "02010000 00001c20 \(own) \(nonce) 06000000 1f90 1f90 \(own)")
        #expect(test.network.sent.map(\.bytes) == [request, request])
    }

    @Test("asks a silent gateway by PCP alone, and gives up in time")
    func isSilent() async throws {
        let firewall = ScriptedPCPFirewall(.init(isSilent: true))
        let test = try await PinholeSession(firewall, ScriptedPinholes(nil))
        let attempt = try await test.map()
        guard case .noAnswer? = attempt.failure else {
            Issue.record("\(String(describing: attempt.failure))")
            return
        }
        #expect(test.network.sent.allSatisfy { $0.bytes.first == 2 })
        #expect(test.network.elapsed <= .milliseconds(3100))
    }

    @Test("asks again once when the gateway has no resources, and for nothing to be deleted")
    func asksAgain() async throws {
        let once = try await PinholeSession(
            ScriptedPCPFirewall(.init(refusals: 1)), ScriptedPinholes(nil))
        #expect(try await once.map().grant != nil)
        #expect(once.network.sent.count == 2)
        #expect(Set(once.network.sent.map(\.bytes)).count == 1)
        let always = try await PinholeSession(
            ScriptedPCPFirewall(.init(refusals: 99)), ScriptedPinholes(nil))
        guard case .refused(let refusal)? = try await always.map().failure else {
            Issue.record("granted")
            return
        }
        #expect(refusal.code == 8)
        #expect(always.network.sent.count == 2)
    }

    @Test(
        "that was renewed is closed, by UPnP where the nonce is lost, or its end is told",
        arguments: [
            (false, false, false, "gone", 0, 0), (true, false, true, "gone", 0, 1),
            (true, false, false, "open for 120 s", 1, 1),
            // Another program's of this host, which keeps it.
            (false, true, true, "refused 2", 1, 0),
        ])
    func loses(
        nonce: Bool, isForeign: Bool, hasUPnP: Bool, outcome: String, left: Int, deletes: Int
    ) async throws {
        let firewall = ScriptedPCPFirewall(.init(losesNonce: nonce, checksNonce: isForeign))
        let pinholes = ScriptedPinholes(hasUPnP ? firewall : nil)
        let test = try await PinholeSession(firewall, pinholes)
        for _ in 0..<2 { #expect(try await test.map().grant != nil) }
        if isForeign { firewall.open[8080] = .init(nonce: [], lifetime: 7200) }
        let removal = try await test.session.delete(test.leases, in: test.store)[0]
        let told =
            switch removal {
            case .success(.gone): "gone"
            case .success(.stillOpen(let lease)): "open for \(lease.lifetimeSeconds ?? 0) s"
            case .failure(.refused(let refusal)): "refused \(refusal.code)"
            case .failure(let error): "\(error)"
            }
        #expect(told == outcome)
        #expect(firewall.open.count == left)
        #expect(test.leases.count == left)
        #expect(pinholes.deletes == deletes)
        if outcome.hasPrefix("open") { #expect(test.leases.first?.lifetimeSeconds == 120) }
    }

    @Test("deletes nothing that is not there, which is success")
    func deletesNothing() async throws {
        let firewall = ScriptedPCPFirewall()
        let test = try await PinholeSession(firewall, ScriptedPinholes(nil))
        _ = try await test.map()
        firewall.open = [:]
        let removal = try await test.session.delete(test.leases, in: test.store)[0]
        guard case .success(.gone) = removal else {
            Issue.record("\(removal)")
            return
        }
        #expect(test.leases.isEmpty)
    }

    @Test("cannot be asked for what IPv6 has not")
    func isInexpressible() async throws {
        let test = try await PinholeSession(ScriptedPCPFirewall(), ScriptedPinholes(nil))
        let port = try TestPort.number(9000)
        let peer = try #require(IPAddress("203.0.113.9"))
        for change in [
            { $0.externalPort = port }, { $0.mustBeVerified = true }, { $0.remoteHost = peer },
        ] as [(inout MappingRequest) -> Void] {
            guard case .inexpressible? = try await test.map(change).failure else {
                Issue.record("asked for")
                return
            }
        }
        #expect(test.network.sent.isEmpty)
        #expect(test.leases.isEmpty)
    }
}
