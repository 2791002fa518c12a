import Logging

// Asking gateways, and what their answers mean for the plan.
extension MappingHolder {
    /// The budget of a renewal: others wait for their turn.
    private static func budget(forPorts count: Int) -> TimeBudget {
        TimeBudget(limit: .seconds(9 + max(count, 1)), silence: .seconds(3))
    }

    /// A table that was not to be read so often in a row is taken for missing.
    private static let readLimit = 3

    /// Asks whoever may grant it, as a command does.
    ///
    /// - Returns: the outcome as the public face shows it, and the leases that are new.
    /// - Throws: `PortMapperError` when nobody can be asked, `CancellationError`.
    func map(_ indices: [Int]) async throws -> (report: MappingReport, newLeases: [Lease]) {
        let asked = indices.map { index in
            var request = requests[index]
            // The port of before, wherever it is asked for now (RFC 6887, section 8.5).
            request.externalPort = request.externalPort ?? lastPorts[index]
            return request
        }
        let walk = try GatewayWalk(selection, forPorts: asked.count, sessions: sessions)
        let outcome = try await walk.map(asked, store: book)
        let newLeases = await settle(outcome, of: indices)
        return (outcome.report, newLeases)
    }

    /// Takes what came of asking: the grants together, and the failures.
    ///
    /// - Returns: the leases that are new.
    @discardableResult
    private func settle(_ outcome: MapOutcome, of indices: [Int]) async -> [Lease] {
        let now = Timestamp.now
        var grants: [(Int, Held, isNew: Bool)] = []
        var newLeases: [Lease] = []
        var ownWarnings: [Int: [MapperWarning]] = [:]
        for (position, index) in indices.enumerated() {
            let attempt = outcome.attempts[position]
            guard let grant = attempt.grant, let mapping = attempt.mapping else {
                fail(index, outcome.failures[position] ?? .noGateway)
                continue
            }
            let lease = attempt.lease(of: grant, at: now)
            if attempt.plan != .renewal { newLeases.append(lease) }
            grants.append(
                (index, Held(mapping: mapping, lease: lease, target: outcome.target), grant.isNew))
            ownWarnings[index] = outcome.warnings(of: attempt)
        }
        await take(grants, lossOf: outcome.hasLostTable ? outcome.target.name : nil)
        warn(ownWarnings, others: book.warnings)
        return newLeases
    }

    /// Asks again for what is not there, or may not be.
    func mapAgain(_ indices: [Int]) async {
        do {
            _ = try await map(indices)
        } catch let error as PortMapperError {
            for index in indices { fail(index, error) }
        } catch {}  // cancelled: nobody waits for it any more
    }

    /// Asks the gateway and technique that granted it.
    func renew(_ indices: [Int], _ persistence: HoldPlan.Persistence) async {
        let byTarget = Dictionary(grouping: indices) { index in
            Place(target: held[index]?.target, address: requests[index].internalAddress)
        }
        for (place, indices) in byTarget {
            guard let target = place.target else {
                for index in indices { fail(index, .noGateway) }
                continue
            }
            do {
                let session = try sessions.session(
                    with: target, internalAddress: place.address.map(IPAddress.v4),
                    others: observer.way?.targets ?? [],
                    budget: Self.budget(forPorts: indices.count))
                let losses = session.lossCount
                let attempts = try await MappingTransaction(
                    session, via: selection.technique, store: book
                ).renew(indices.map { requests[$0] }, sendLimit: persistence == .once ? 1 : nil)
                await settle(
                    MapOutcome(
                        target: target, attempts: attempts, failures: attempts.map(\.failure),
                        hasLostTable: session.lossCount > losses,
                        deviceWarnings: session.igd.warnings),
                    of: indices)
            } catch let error as PortMapperError {
                for index in indices { fail(index, error) }
            } catch {}  // cancelled: nobody waits for it any more
        }
    }

    private struct Place: Hashable {
        var target: GatewayTarget?
        var address: IPv4Address?
    }

    /// Looks whether the gateway's table still has a mapping, where it can be read, and whether the
    /// external address is another one, where only UPnP tells it.
    func readBack(_ index: Int) async {
        guard let mapping = held[index]?.mapping, let target = held[index]?.target,
            selection.allows(.upnp), failedReads[mapping.gateway, default: 0] < Self.readLimit
        else { return }
        let isByUPnP = mapping.technique == .upnp
        guard let lease = held[index]?.lease else { return }
        do {
            let session = try sessions.session(
                with: target, internalAddress: requests[index].internalAddress.map(IPAddress.v4),
                others: observer.way?.targets ?? [], budget: Self.budget(forPorts: 1))
            let isThere = try await session.hasMapping(lease)
            if isThere {
                failedReads[mapping.gateway] = nil
                held[index]?.wasSeen = true
                plan.seen(index, at: .now)
                if isByUPnP { try await askForAddress(of: mapping, on: session) }
            } else if isByUPnP || showsOthers(mapping.gateway) {
                lose(index, because: session.missingMapping)
                plan.missing(index, at: .now)
            } else {
                // A gateway with a table for each technique shows nothing of the others', and one
                // that has lost this mapping grants it again.
                failedReads[mapping.gateway] = Self.readLimit
                plan.hinted(at: .now)
            }
        } catch let error as PortMapperError {
            log.debug("\(mapping.gateway): its table cannot be read: \(error)")
            failedReads[mapping.gateway, default: 0] += isByUPnP ? 0 : 1
            if isByUPnP { plan.hinted(at: .now) }
        } catch {}  // cancelled: nobody waits for it any more
    }

    /// Whether a gateway's UPnP table has shown what another technique has made.
    private func showsOthers(_ gateway: String) -> Bool {
        held.contains { $0?.mapping.gateway == gateway && $0?.wasSeen == true }
    }

    /// Where UPnP tells another external address than before, the mappings are renewed and learn it.
    private func askForAddress(of mapping: Mapping, on session: GatewaySession) async throws {
        guard let old = mapping.externalAddress,
            let new = try await session.igd.externalAddress(session.wholeLimit), new != old
        else { return }
        for index in held.indices where held[index]?.mapping.gateway == mapping.gateway {
            plan.updated(index, at: .now)
        }
    }
}
