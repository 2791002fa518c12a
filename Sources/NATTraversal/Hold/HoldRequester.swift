import Logging

/// Asks gateways for mappings that are held, on sockets that are kept for the epochs' sake.
///
/// Nothing else in this folder knows how mappings are asked for, read and deleted; what it learns,
/// it returns. Not Sendable: it belongs to one actor, and one request runs at a time.
final class HoldRequester {
    private var selection: GatewaySelection
    private let store: LeaseStore
    private let sessions: GatewaySessions
    /// How often each gateway had shown at the last answer that its table was lost.
    private var toldLosses: [GatewayTarget: Int] = [:]
    /// Waits for what gateways send unasked.
    private var waiting: Task<Void, Never>?

    /// - Parameters:
    ///   - selection: which gateways may be asked, and how; its time limit counts until it is lifted.
    ///   - leaseFile: where mappings are remembered.
    init(_ selection: GatewaySelection, leaseFile: LeaseFile) {
        self.selection = selection
        sessions = GatewaySessions(
            via: selection.technique,
            memory: GatewayMemory(beside: leaseFile, for: selection))
        store = LeaseStore(leaseFile, isHolder: true)
    }

    /// What came of one request for several ports.
    struct Answer: Sendable {
        /// The gateway that was asked, the last one where there were several.
        var target: GatewayTarget
        /// A result for each port, in the order of the requests.
        var results: [Result<HeldPort.Grant, PortMapperError>]
        /// Whether the gateway has shown, since it was asked before, that it had lost its table.
        var hasLostTable: Bool
        /// What is to be warned of beside the grants' own warnings.
        var warnings: [MapperWarning]
    }

    /// Asks whoever may grant the mappings, as a command does.
    ///
    /// - Parameter requests: what to map.
    /// - Returns: the answer, and the same as the public face shows it.
    /// - Throws: `PortMapperError` when nobody can be asked, `CancellationError`.
    func map(
        _ requests: [MappingRequest]
    ) async throws -> (answer: Answer, report: MappingReport) {
        let walk = try GatewayWalk(selection, forPorts: requests.count, sessions: sessions)
        let outcome = try await claiming { try await walk.map(requests, store: store) }
        var report = outcome.report
        report.add(store.warnings)
        return (answer(outcome), report)
    }

    /// Asks, and gives up what that has claimed when it fails.
    private func claiming<Value>(_ ask: () async throws -> Value) async throws -> Value {
        do { return try await ask() } catch {
            await registerHolds()
            throw error
        }
    }

    /// The time limit is for the first mapping only.
    func liftTimeLimit() { selection.timeout = nil }

    /// Asks the gateway and techniques that granted the mappings.
    ///
    /// - Parameters:
    ///   - requests: what was mapped, all of it from the same address of this host.
    ///   - target: the gateway that granted it.
    ///   - candidates: all gateways on the path.
    ///   - isOnce: whether each datagram is sent only once.
    /// - Returns: the answer.
    /// - Throws: `PortMapperError` when the gateway cannot be asked, `CancellationError`.
    func renew(
        _ requests: [MappingRequest], on target: GatewayTarget, among candidates: [GatewayTarget],
        isOnce: Bool
    ) async throws -> Answer {
        let session = try session(
            with: target, among: candidates, internalAddress: requests.first?.internalAddress,
            ports: requests.count)
        let transaction = MappingTransaction(session, via: selection.technique, store: store)
        let attempts = try await claiming {
            try await transaction.renew(requests, sendLimit: isOnce ? 1 : nil)
        }
        return answer(
            MapOutcome(
                target: target, attempts: attempts, failures: attempts.map(\.failure),
                deviceWarnings: session.upnp.warnings))
    }

    /// Looks whether the gateway's table still has a mapping, and whether the external address is
    /// another one where only UPnP tells it.
    ///
    /// - Parameters:
    ///   - held: the mapping.
    ///   - request: what it was asked for with.
    ///   - candidates: all gateways on the path.
    ///   - asksAddress: whether to ask for the external address.
    /// - Returns: `nil` when UPnP may not be used.
    /// - Throws: `CancellationError`.
    func readBack(
        _ held: HeldMapping, of request: MappingRequest, among candidates: [GatewayTarget],
        asksAddress: Bool
    ) async throws -> TableReading? {
        if held.target.family == .ipv6 {
            return asksAddress ? try await readEpoch(held, of: request, among: candidates) : nil
        }
        guard selection.allows(.upnp) else { return nil }
        let mapping = held.mapping
        var reading = TableReading()
        do {
            let session = try session(
                with: held.target, among: candidates, internalAddress: request.internalAddress,
                ports: 1)
            let isPresent = try await session.hasMapping(held.lease)
            reading.isPresent = isPresent
            if !isPresent {
                reading.failure = session.missingMapping
            } else if asksAddress, mapping.technique == .upnp, mapping.externalAddress != nil {
                reading.externalAddress = try await session.igd.externalAddress(session.wholeLimit)
            }
        } catch let error as PortMapperError {
            log.debug("\(mapping.gateway): its table cannot be read: \(error)")
            reading.failure = error
        }
        return reading
    }

    /// Looks by PCP whether the gateway has lost what it opened: no table shows it, and the restart
    /// of an IPv6 router may go unheard, because it announces it by one interface alone (N-18).
    ///
    /// - Returns: `nil` when it has not, or PCP does not tell.
    private func readEpoch(
        _ held: HeldMapping, of request: MappingRequest, among candidates: [GatewayTarget]
    ) async throws -> TableReading? {
        do {
            let session = try session(
                with: held.target, among: candidates, internalAddress: request.internalAddress,
                ports: 1)
            guard session.socket.knowsPCP else { return nil }
            let before = session.lossCount
            _ = try await session.technique(.pcp).probe(session.wholeLimit)
            return session.lossCount > before ? TableReading(hasLostTable: true) : nil
        } catch let error as PortMapperError {
            log.debug("\(held.mapping.gateway): its epoch cannot be read: \(error)")
            return nil
        }
    }

    /// Deletes mappings within five seconds, even if the task was cancelled.
    ///
    /// - Parameters:
    ///   - leases: leases of this gateway; those that cannot be deleted stay in the lease file.
    ///   - superseded: UPnP mappings of the same ports that another technique has taken over.
    ///   - target: the gateway.
    /// - Returns: what was deleted, and what was not.
    @discardableResult
    func release(
        _ leases: [Lease], superseded: [Lease] = [], on target: GatewayTarget
    ) async -> GatewaySession.Release {
        let service = sessions.all.lazy.filter { $0.target == target }.compactMap(\.igd.known).first
        return await GatewaySession.release(
            leases, superseded: superseded, on: target, knowing: service, leaseFile: store.file)
    }

    /// Keeps leases in mind, whatever becomes of the lease file, in place of those replaced.
    func remember(_ leases: [Lease], replacing replaced: Set<Lease.Key>) {
        store.release(replaced)
        store.hold(leases)
    }

    /// Tells other processes what is held here: from then on the end of another holder spares it.
    func registerHolds() async { try? await store.registerHolds() }

    /// Holds leases no longer.
    ///
    /// - Returns: what is to be deleted, as the lease file has it now, of those that no other running
    ///   process holds.
    func endHolds(_ leases: [Lease]) async -> [Lease.Key: Lease] {
        let unshared = await store.endHolds(Set(leases.map(\.key)))
        let own = leases.filter { unshared.contains($0.key) }.map { ($0.key, $0) }
        let recorded = store.live(at: .now)
            .filter { unshared.contains($0.key) && $0.state == .granted }.map { ($0.key, $0) }
        return Dictionary(own + recorded) { _, recorded in recorded }
    }

    /// The held leases that another process has unmapped since the last call.
    func takeRemovedHolds() -> Set<Lease.Key> { store.takeRemovedHolds() }

    /// The held leases that another process has mapped otherwise since the last call.
    func takeReplacedHolds() -> Set<Lease.Key> { store.takeReplacedHolds() }

    /// Wakes when a process changes the lease file; `nil` where that cannot be watched.
    func leaseWatch() -> FolderWatch? { try? store.file.watch() }

    /// The UPnP side of a gateway that was asked, as it was found.
    var device: UPnPDevice? { sessions.all.lazy.compactMap(\.upnp.device).first }

    /// Closes all sockets: this host's addresses or the path to the gateways have changed.
    func close() {
        sessions.close()
        toldLosses = [:]
    }

    // MARK: What gateways send unasked

    /// Waits on the sockets of all gateways until something arrives, and takes nothing from them.
    ///
    /// - Parameter mailbox: gets `gatewayHasSpoken`, once.
    func waitForUnasked(telling mailbox: HoldMailbox) {
        let transports = sessions.all.map(\.socket.transport)
        guard !transports.isEmpty else { return }
        waiting = Task {
            await withTaskGroup { group in
                for transport in transports {
                    group.addTask { (try? await transport.waitForDatagram()) != nil }
                }
                if await group.next() == true { mailbox.put(.gatewayHasSpoken) }
                group.cancelAll()
            }
        }
    }

    /// Stops waiting, so that nobody else wakes up for the answers to the next request.
    func stopWaiting() async {
        waiting?.cancel()
        await waiting?.value
        waiting = nil
    }

    /// The PCP responses that nobody asked for: mapping updates (RFC 6887, section 14.2).
    func takeUnasked() async -> [PCPResponse] {
        var responses: [PCPResponse] = []
        for session in sessions.all {
            for payload in await session.socket.takeUnasked() {
                if let response = try? PCPResponse(parsing: payload) { responses.append(response) }
            }
        }
        return responses
    }

    // MARK: Sessions

    private func session(
        with target: GatewayTarget, among candidates: [GatewayTarget],
        internalAddress: IPAddress?, ports count: Int
    ) throws(PortMapperError) -> GatewaySession {
        // Shorter than a command's: other mappings wait for their turn.
        let budget = TimeBudget(limit: .seconds(9 + max(count, 1)), silence: .seconds(3))
        return try sessions.session(
            with: target, internalAddress: internalAddress, others: candidates,
            budget: budget)
    }

    private func answer(_ outcome: MapOutcome) -> Answer {
        let now = Timestamp.now
        let results = zip(outcome.attempts, outcome.failures).map { attempt, failure in
            grant(of: attempt, in: outcome, at: now).map(Result.success)
                ?? .failure(failure ?? .noGateway)
        }
        // A table that was read in between may have shown it too.
        let losses = sessions.all.filter { $0.target == outcome.target }.map(\.lossCount)
            .reduce(0, +)
        defer { toldLosses[outcome.target] = losses }
        return Answer(
            target: outcome.target, results: results,
            hasLostTable: losses > toldLosses[outcome.target, default: 0],
            warnings: store.warnings)
    }

    private func grant(
        of attempt: MappingAttempt, in outcome: MapOutcome, at now: Timestamp
    ) -> HeldPort.Grant? {
        guard let grant = attempt.grant, let mapping = attempt.mapping else { return nil }
        return HeldPort.Grant(
            held: HeldMapping(
                mapping: mapping, lease: attempt.lease(of: grant, at: now),
                target: outcome.target),
            isNew: grant.isNew, isRenewal: attempt.plan == .renewal,
            warnings: outcome.warnings(of: attempt))
    }
}
