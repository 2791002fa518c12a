import Logging

/// Holds mappings: does what `HoldPlan` says, and tells what comes of it.
///
/// `run` is the only one that asks gateways, until it has ended and `release` does.
actor MappingHolder {
    nonisolated let hub = EventHub<MapperEvent>()
    nonisolated let mailbox = HoldMailbox()
    private let localAddresses: HoldOptions.LocalAddresses
    private let requester: HoldRequester
    private let monitor: PathMonitor
    private var ports: HeldPorts
    /// The times of the next requests, by the places of the ports.
    private var plan: HoldPlan
    /// The gateways that are listened to.
    private var heard: [GatewayTarget] = []
    /// Whether nothing is held any more, and no local port is told either.
    private var isOver = false

    /// A holder of mappings that are not there yet.
    ///
    /// - Parameters:
    ///   - requests: what to map.
    ///   - options: how it is held.
    ///   - isMapped: whether a gateway is asked at all, or only local ports are told.
    ///   - selection: which gateways may be asked, and how.
    ///   - leaseFile: where mappings are remembered.
    init(
        _ requests: [MappingRequest], options: HoldOptions, isMapped: Bool = true,
        selection: GatewaySelection, leaseFile: LeaseFile
    ) {
        localAddresses = options.localAddresses
        requester = HoldRequester(selection, leaseFile: leaseFile)
        monitor = PathMonitor(selection, localAddresses: options.localAddresses, mailbox: mailbox)
        ports = HeldPorts(requests)
        plan = HoldPlan(
            count: isMapped ? requests.count : 0, lookInterval: options.readBackInterval, at: .now)
    }

    // MARK: From beginning to end

    /// Maps everything for the first time.
    ///
    /// - Returns: what came of it; with a failure in it nothing that is new is left mapped.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func start() async throws -> MappingReport {
        _ = monitor.look()
        defer { requester.liftTimeLimit() }
        guard case .map(let indices)? = plan.next(at: .now) else { return MappingReport() }
        var (answer, report) = try await requester.map(indices.map { ports[$0].renewedRequest })
        await take(answer, of: indices)
        guard !report.failures.isEmpty else { return report }
        let new = answer.results.compactMap { try? $0.get() }.filter { !$0.isRenewal }
            .map(\.held.lease)
        if !new.isEmpty { await requester.release(new, on: answer.target) }
        _ = await requester.endHolds(indices.compactMap { ports[$0].held?.lease })
        let gone = Set(new.map(\.key))
        report.mappings = indices.compactMap { ports[$0].held }
            .filter { !gone.contains($0.lease.key) }.map(\.mapping)
        return report
    }

    /// Keeps the mappings true until the task is cancelled; nothing of it runs any more then.
    func run() async {
        if !monitor.hasLooked { _ = monitor.look() }
        await listen()
        let (watch, mailbox) = (requester.leaseWatch(), mailbox)
        let watching = Task {
            while let watch, (try? await watch.wait()) != nil { mailbox.put(.leasesChanged) }
        }
        await monitor.run { signals in
            await requester.stopWaiting()
            await handle(signals)
            await work()
            if heard != ports.targets { await listen() }
            requester.waitForUnasked(telling: mailbox)
            return plan.wake
        }
        watching.cancel()
        await watching.value
        await requester.stopWaiting()
    }

    /// Deletes what is held or may still be there, and ends every stream of events.
    ///
    /// - Returns: what was deleted, and what could not be and stays in the lease file.
    func release() async -> MappingReport {
        var report = MappingReport()
        var outcomes: [Int: Result<GatewaySession.LeaseRemoval, PortMapperError>] = [:]
        for (target, indices, leases) in ports.remainders(at: .now) {
            // What another process holds as well stays mapped for it.
            let unshared = await requester.endHolds(leases)
            let own = zip(indices, leases).compactMap { index, lease in
                unshared[lease.key].map { (index, $0) }
            }
            let superseded = ports.superseded(of: own.map(\.0), on: target, at: .now)
            let answer = await requester.release(
                own.map(\.1), superseded: superseded, on: target)
            report.add(answer.warnings)
            report.failures += answer.remaining.map {
                .init(
                    transport: $0.lease.key.transport, internalPort: $0.lease.key.internalPort,
                    error: $0.error)
            }
            for ((index, _), outcome) in zip(own, answer.outcomes) { outcomes[index] = outcome }
        }
        for index in outcomes.keys.sorted() {
            switch outcomes[index] {
            case .success(.stillOpen(let lease))?:
                _ = ports.deleted(index)
                report.add([.stillOpen(lease.mapping(at: .now))])
            case .success(.gone)?:
                // A loss that was told is not told again.
                if let mapping = ports.deleted(index) { report.mappings.append(mapping) }
            case .failure(let error)?:
                let request = ports[index].request
                report.failures.append(
                    .init(
                        transport: request.transport, internalPort: request.internalPort,
                        error: error))
            case nil: break
            }
        }
        isOver = true
        tell(report.mappings.map { .unmapped($0) } + report.warnings.map { .warning($0) })
        hub.finish()
        return report
    }

    // MARK: What there is

    /// What happens from now on, the present state first.
    func events() -> AsyncStream<MapperEvent> { hub.stream(first: present) }

    /// The same, with the events that result from one answer together.
    func rounds() -> AsyncStream<[MapperEvent]> { hub.rounds(first: present) }

    private var present: [MapperEvent] {
        events(of: ports.warnings.map { .warning($0) } + mappings.map { .mapped($0) })
    }

    /// The same with the assignments at its beginning.
    func eventsAndAssignments() -> (AsyncStream<MapperEvent>, [PortAssignment]) {
        (events(), assignments)
    }

    /// The mappings that are there.
    var mappings: [Mapping] { ports.mappings }

    /// Every local and public port that is assigned, in the order of the requests.
    var assignments: [PortAssignment] {
        ports.assignments(
            isOver ? nil : localAddresses, everyAddress: monitor.everyAddress,
            pathAddress: monitor.path?.place.address)
    }

    /// Tells what has changed, with the state that it has led to.
    private func tell(_ changes: [MapperEvent.Change?]) {
        hub.yield(events(of: changes.compactMap(\.self)))
    }

    private func events(of changes: [MapperEvent.Change]) -> [MapperEvent] {
        guard !changes.isEmpty else { return [] }
        let (now, assignments) = (Timestamp.now, assignments)
        return changes.map { MapperEvent($0, at: now, assignments: assignments) }
    }

    // MARK: What has happened

    private func handle(_ signals: Set<HoldSignal>) async {
        let now = ContinuousClock.now
        if signals.contains(.networkChanged) || signals.contains(.refresh) { await look() }
        loseRemoved()
        // The gateway says what they have become.
        for index in ports.indices(of: requester.takeReplacedHolds()) {
            plan.updated(index, at: .now)
        }
        // Whatever has rung: the next request may take it from the socket.
        for response in await requester.takeUnasked() {
            for index in ports.updated(by: response) { plan.updated(index, at: .now) }
        }
        if signals.contains(.gatewayMayHaveRestarted) { plan.hinted(at: now) }
        if signals.contains(.refresh) { plan.refreshed(at: now) }
    }

    /// Asks again for what another process has unmapped.
    private func loseRemoved() {
        let removed = requester.takeRemovedHolds()
        guard !removed.isEmpty else { return }
        var changes: [MapperEvent.Change?] = []
        for index in ports.indices(of: removed) {
            guard let gateway = ports[index].held?.lease.key.gateway else { continue }
            changes.append(ports.lost(index, because: .unmappedElsewhere(gateway: gateway)))
            plan.missing(index, at: .now)
        }
        tell(changes)
    }

    /// Looks whether the gateway or this host's address is another one, and says so.
    private func look() async {
        let change = monitor.look()
        tell(change.changes)
        guard change.isOtherPath else { return }
        await listen()
        guard monitor.path != nil else { return plan.pathIsGone() }
        ports.pathHasChanged()
        if !change.isSameAsLast { requester.close() }
        plan.pathIsBack(isSame: change.isSameAsLast, at: .now)
    }

    private func listen() async {
        heard = ports.targets
        await monitor.listen(following: heard, knowing: requester.device)
    }

    // MARK: What is due

    /// Does everything that is due.
    private func work() async {
        while !Task.isCancelled, let action = plan.next(at: .now) {
            log.debug("holding: \(action)")
            switch action {
            case .map(let indices): await map(indices)
            case .renew(let indices, let persistence): await renew(indices, persistence)
            case .lookAround(let indices):
                await look()
                guard monitor.path != nil else { continue }
                await readBack(indices)
            }
        }
        tell(plan.ended(at: .now).map { ports.lost($0, because: .noGateway) })
    }

    /// Asks again for what is not there, or may not be.
    private func map(_ indices: [Int]) async {
        await take(indices) {
            try await requester.map(indices.map { ports[$0].renewedRequest }).answer
        }
    }

    /// Asks the gateway and technique that granted them.
    private func renew(_ indices: [Int], _ persistence: HoldPlan.Persistence) async {
        for group in ports.renewals(of: indices) {
            await take(group.indices) {
                guard let target = group.target else { throw PortMapperError.noGateway }
                return try await requester.renew(
                    group.indices.map { ports[$0].request }, on: target,
                    among: monitor.path?.targets ?? [], isOnce: persistence == .once)
            }
        }
    }

    /// Looks whether the gateways' tables still have these mappings, where they can be read.
    private func readBack(_ indices: [Int]) async {
        var asked: Set<GatewayTarget> = []
        var silent: Set<GatewayTarget> = []
        for index in indices {
            guard !Task.isCancelled else { return }
            guard let held = ports.readable(index), !silent.contains(held.target) else { continue }
            // One question for the external address is enough.
            let isFirst = asked.insert(held.target).inserted
            if await !readBack(index, held, asksAddress: isFirst) { silent.insert(held.target) }
        }
    }

    /// Looks whether the gateway's table still has a mapping.
    ///
    /// - Returns: whether the table could be read.
    private func readBack(
        _ index: Int, _ held: HeldMapping, asksAddress: Bool
    ) async -> Bool {
        guard
            // Cancelled: nobody waits for it any more.
            let reading = try? await requester.readBack(
                held, of: ports[index].request, among: monitor.path?.targets ?? [],
                asksAddress: asksAddress)
        else { return false }
        let news = ports.take(reading, of: index)
        tell([news.change])
        switch news.isPresent {
        case true?: plan.seen(index, at: .now)
        case false?: plan.missing(index, at: .now)
        case nil: break
        }
        for index in news.outdated { plan.updated(index, at: .now) }
        if news.isHint { plan.hinted(at: .now) }
        return reading.isPresent != nil
    }

    /// Takes the answer to a request, or why there was none.
    private func take(
        _ indices: [Int], answerTo request: () async throws -> HoldRequester.Answer
    ) async {
        do {
            await take(try await request(), of: indices)
        } catch let error as PortMapperError {
            tell(indices.map { failed($0, error) })
        } catch {}  // cancelled: nobody waits for it any more
    }

    /// Takes an answer: first the failures, then the grants together.
    private func take(_ answer: HoldRequester.Answer, of indices: [Int]) async {
        var grants: [(index: Int, grant: HeldPort.Grant)] = []
        var changes: [MapperEvent.Change?] = []
        for (index, result) in zip(indices, answer.results) {
            switch result {
            case .success(let grant): grants.append((index, grant))
            case .failure(let error): changes.append(failed(index, error))
            }
        }
        let gateway = answer.hasLostTable ? answer.target.name : nil
        let batch = ports.take(grants, lossOf: gateway)
        requester.remember(batch.leases, replacing: batch.replaced)
        if let gateway, grants.isEmpty { plan.lostTable(of: gateway, at: .now) }
        let granted = Set(grants.map(\.index))
        for step in batch.steps {
            plan.granted(
                step.index, for: step.mapping.lifetime, by: step.mapping.gateway, step.evidence,
                with: granted, at: .now)
        }
        tell(changes + batch.changes)
        await requester.registerHolds()
        for (target, left) in batch.left.grouped(by: \.target) {
            await requester.release(left.map(\.lease), on: target)
        }
        let warnings = ports.warn(
            grants.map { ($0.index, $0.grant.warnings) }, others: answer.warnings)
        tell(warnings.map { .warning($0) })
    }

    /// A request brought nothing.
    ///
    /// - Returns: what listeners are to be told.
    private func failed(_ index: Int, _ error: PortMapperError) -> MapperEvent.Change? {
        let consequence = plan.failed(index, HeldMappingState.Failure(error), at: .now)
        let change = ports.failed(index, error, consequence)
        guard case .unmappedElsewhere = error, let lease = ports[index].remainder(at: .now)?.lease
        else { return change }
        // What is mapped now is another process's.
        _ = ports.deleted(index)
        requester.remember([], replacing: [lease.key])
        return change
    }
}
