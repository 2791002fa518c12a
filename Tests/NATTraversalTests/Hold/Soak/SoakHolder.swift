import GatewaySimulator
import TestSupport

@testable import NATTraversal

/// Holds ports as `MappingHolder` does, by the same plan, transactions and leases, in the time of a
/// `SoakNetwork`; and checks what it tells.
final class SoakHolder {
    let network: SoakNetwork
    let store: LeaseStore
    private let session: GatewaySession
    private let target = GatewayTarget(socketAddress: ScriptedTransport.gateway)
    private(set) var ports: HeldPorts
    private(set) var plan: HoldPlan
    private var toldLosses = 0
    /// What a listener knows of each port.
    private(set) var told: [PortNumber: Mapping] = [:]
    /// What was wrong with what it was told, and with what was done.
    private(set) var complaints: [String] = []
    /// How often mappings were told as lost, and how often anybody was asked anything.
    private(set) var losses = 0
    private(set) var actions = 0
    /// How many actions there were since the last pause.
    private var rounds = 0
    /// How many there may be: a thousand, and as many more as there are more than ten ports.
    private let roundLimit: Int
    /// Why each port was last not granted, and when.
    private(set) var failures: [PortNumber: String] = [:]
    /// How often each technique has granted anything.
    private(set) var grants: [Technique: Int] = [:]

    init(
        _ requests: [MappingRequest], on network: SoakNetwork, folder: String, seed: UInt64
    ) async throws {
        self.network = network
        store = LeaseStore(LeaseFile(folder: folder))
        session = GatewaySession(
            target, on: network.gatewaySocket, finder: try await SoakFinder(network),
            internalAddress: ScriptedTransport.client.address,
            budget: TimeBudget(limit: .seconds(30), silence: .seconds(3), from: network.now))
        ports = HeldPorts(requests)
        roundLimit = 100 * max(10, requests.count)
        let generator = Locked(SeededGenerator(seed: seed))
        plan = HoldPlan(count: requests.count, lookInterval: .seconds(300), at: network.now) {
            range in generator.withLock { Double.random(in: range, using: &$0) }
        }
    }

    // MARK: What it does

    /// Does what is due, as the holder's loop does: until a pause, or until something befalls it at
    /// `end` in the middle of more work than it can do.
    func work(until end: Duration) async throws {
        repeat {
            guard let action = plan.next(at: network.now) else {
                rounds = 0
                break
            }
            rounds += 1
            actions += 1
            if rounds > roundLimit { return complain("\(rounds) things to do without a pause") }
            switch action {
            case .map(let indices): try await map(indices)
            case .renew(let indices, let persistence):
                try await renew(indices, isOnce: persistence == .once)
            case .lookAround: break
            }
        } while network.elapsed < end
        for index in plan.ended(at: network.now) { tell(ports.lost(index, because: .noGateway)) }
        if told != Dictionary(uniqueKeysWithValues: ports.mappings.map { ($0.internalPort, $0) }) {
            complain("what was told is not what is held")
        }
    }

    /// Takes what another process has unmapped.
    func noticeRemovals() {
        for index in ports.indices(of: store.takeRemovedHolds()) {
            tell(ports.lost(index, because: .unmappedElsewhere(gateway: target.name)))
            plan.missing(index, at: network.now)
        }
    }

    func hint() { plan.hinted(at: network.now) }
    func refresh() { plan.refreshed(at: network.now) }

    /// Lets all of it go.
    func release() async throws {
        let leases = ports.remainders(at: .now).flatMap(\.leases)
        _ = await store.endHolds(Set(leases.map(\.key)))
        // The holder's own limit, or the time that a thousand take one after the other.
        session.begin(
            TimeBudget(
                limit: max(.milliseconds(4800), .milliseconds(100) * leases.count),
                from: network.now))
        for outcome in try await session.delete(leases, in: store, keepsAsked: true) {
            if case .failure(let error) = outcome { complain("not deleted: \(error)") }
        }
    }

    private func map(_ indices: [Int]) async throws {
        let budget = TimeBudget(
            limit: .seconds(30 + indices.count), silence: .seconds(3), from: network.now)
        session.begin(budget)
        let attempts = try await transaction.map(indices.map { ports[$0].renewedRequest })
        await session.socket.answerLateGrants()
        try await take(attempts, of: indices)
    }

    private func renew(_ indices: [Int], isOnce: Bool) async throws {
        for group in ports.renewals(of: indices) {
            guard group.target != nil else {
                for index in group.indices { fail(index, .noGateway) }
                continue
            }
            let budget = TimeBudget(
                limit: .seconds(9 + group.indices.count), silence: .seconds(3), from: network.now)
            session.begin(budget)
            let attempts = try await transaction.renew(
                group.indices.map { ports[$0].request }, sendLimit: isOnce ? 1 : nil)
            try await take(attempts, of: group.indices)
        }
    }

    private var transaction: MappingTransaction {
        MappingTransaction(session, via: nil, store: store)
    }

    /// First the failures, then the grants together.
    private func take(_ attempts: [MappingAttempt], of indices: [Int]) async throws {
        let now = Timestamp.now
        var grants: [(index: Int, grant: HeldPort.Grant)] = []
        for (index, attempt) in zip(indices, attempts) {
            if let grant = attempt.grant, let mapping = attempt.mapping {
                self.grants[grant.technique, default: 0] += 1
                let held = HeldMapping(
                    mapping: mapping, lease: attempt.lease(of: grant, at: now), target: target)
                grants.append(
                    (
                        index,
                        HeldPort.Grant(
                            held: held, isNew: grant.isNew, isRenewal: attempt.plan == .renewal)
                    ))
            } else {
                fail(index, attempt.failure ?? .noGateway)
            }
        }
        let gateway = session.lossCount > toldLosses ? target.name : nil
        toldLosses = session.lossCount
        let batch = ports.take(grants, lossOf: gateway)
        store.release(batch.replaced)
        store.hold(batch.leases)
        if let gateway, grants.isEmpty { plan.lostTable(of: gateway, at: network.now) }
        let granted = Set(grants.map(\.index))
        for step in batch.steps {
            plan.granted(
                step.index, for: step.mapping.lifetime, by: step.mapping.gateway, step.evidence,
                with: granted, at: network.now)
        }
        for change in batch.changes { tell(change) }
        try await store.registerHolds()
    }

    private func fail(_ index: Int, _ error: PortMapperError) {
        failures[ports[index].request.internalPort] = "\(error) at \(network.elapsed)"
        let consequence = plan.failed(
            index, HeldMappingState.Failure(error), at: network.now)
        tell(ports.failed(index, error, consequence))
    }

    // MARK: What it tells

    private func tell(_ change: MapperEvent.Change?) {
        switch change {
        case .mapped(let new):
            if told.updateValue(new, forKey: new.internalPort) != nil {
                complain("\(new.internalPort) is mapped twice")
            }
        case .renewed(let new):
            if told.updateValue(new, forKey: new.internalPort)?.isLike(new) != true {
                complain("\(new.internalPort) is renewed and not the same")
            }
        case .changed(let new, let previous):
            let old = told.updateValue(new, forKey: new.internalPort)
            if old != previous || new.isLike(previous) {
                complain("\(new.internalPort) is changed from what nobody was told")
            }
        case .lost(let old, _):
            losses += 1
            if told.removeValue(forKey: old.internalPort) != old {
                complain("\(old.internalPort) is lost and was not there")
            }
        default: break
        }
    }

    private func complain(_ words: String) {
        if complaints.count < 5 { complaints.append("at \(network.elapsed): \(words)") }
    }
}

extension Mapping {
    /// Whether others reach the same port in the same way.
    fileprivate func isLike(_ other: Mapping) -> Bool {
        externalPort == other.externalPort && externalAddress == other.externalAddress
            && technique == other.technique
    }
}
