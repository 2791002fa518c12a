import Logging

/// Holds mappings: does what `HoldPlan` says, and tells what comes of it.
///
/// `run` is the only one that asks gateways, until it has ended and `letGo` does.
actor MappingHolder {
    /// A mapping that is there, with what it takes to renew and delete it.
    struct Held {
        var mapping: Mapping
        var lease: Lease
        var target: GatewayTarget
        /// Whether the gateway's table, read by UPnP, has shown it.
        var wasSeen = false
    }

    let requests: [MappingRequest]
    let options: HoldOptions
    var selection: GatewaySelection
    let book: LeaseStore
    let sessions = GatewaySessions()
    var plan: HoldPlan
    /// In the order of the requests.
    var held: [Held?]
    /// What was lost and may still be in a gateway's table.
    var abandoned: [Held?]
    /// The external ports that were granted last, which are asked for again after a loss.
    var lastPorts: [PortNumber?]
    /// What was said last of an asking in vain.
    var saidFailures: [HeldMappingState.Failure?]
    /// The external address of each gateway, as it was told last.
    var externalAddresses: [String: IPAddress] = [:]
    /// How often in a row the table of a gateway could not be read.
    var failedReads: [String: Int] = [:]
    /// The gateways that are listened to.
    private var heard: Set<GatewayTarget> = []
    /// Whether nothing is held any more, and no local port is told either.
    var isOver = false
    /// What was warned of when each was granted last.
    var grantWarnings: [[MapperWarning]]
    /// What else was warned of at the last asking.
    var otherWarnings: [MapperWarning] = []
    let observer: PathMonitor
    /// Waits for what gateways send unasked.
    var waiting: Task<Void, Never>?

    nonisolated let hub = EventHub<MapperEvent>()
    nonisolated let mailbox = HoldMailbox()

    init(
        _ requests: [MappingRequest], options: HoldOptions, isMapped: Bool = true,
        selection: GatewaySelection, leaseFile: LeaseFile
    ) {
        self.requests = requests
        self.options = options
        self.selection = selection
        book = LeaseStore(leaseFile)
        observer = PathMonitor(selection, localAddresses: options.localAddresses, mailbox: mailbox)
        plan = HoldPlan(
            count: isMapped ? requests.count : 0, lookInterval: options.readBackInterval, at: .now)
        held = Array(repeating: nil, count: requests.count)
        abandoned = held
        grantWarnings = Array(repeating: [], count: requests.count)
        lastPorts = Array(repeating: nil, count: requests.count)
        saidFailures = Array(repeating: nil, count: requests.count)
    }

    /// Maps everything for the first time.
    ///
    /// - Returns: what came of it; with a failure in it nothing that is new is left mapped.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func start() async throws -> MappingReport {
        _ = observer.look()
        // A time limit is for the first mapping only.
        defer { selection.timeout = nil }
        guard case .map(let indices)? = plan.next(at: .now) else { return MappingReport() }
        var (report, newLeases) = try await map(indices)
        report.add(book.warnings)
        guard !report.failures.isEmpty else { return report }
        if let target = held.lazy.compactMap(\.?.target).first {
            await UnmapOperation.letGo(newLeases, on: target, leaseFile: book.file)
        }
        let gone = Set(newLeases.map(\.key))
        report.mappings = held.compactMap(\.self).filter { !gone.contains($0.lease.key) }
            .map(\.mapping)
        return report
    }

    /// Keeps the mappings true until the task is cancelled; nothing of it runs any more then.
    func run() async {
        if !observer.hasLooked { _ = observer.look() }
        await listen()
        let (watch, mailbox) = (try? book.file.watch(), mailbox)
        let watching = Task {
            while let watch, (try? await watch.wait()) != nil { mailbox.put(.leasesChanged) }
        }
        await observer.run { signals in
            await stopWaiting()
            await heed(signals)
            await work()
            if heard != granting { await listen() }
            waitForUnasked()
            return plan.wake
        }
        watching.cancel()
        await watching.value
        await stopWaiting()
    }

    /// The gateways that have granted something.
    private var granting: Set<GatewayTarget> { Set(held.compactMap(\.?.target)) }

    private func listen() async {
        heard = granting
        await observer.listen(
            following: heard, knowing: sessions.all.lazy.compactMap(\.finder.device).first)
    }

    private func heed(_ signals: Set<HoldSignal>) async {
        let now = ContinuousClock.now
        if signals.contains(.networkChanged) || signals.contains(.refresh) { await lookForWay() }
        loseRemoved()
        // Whatever has rung: what is asked next may take it from the socket.
        await takeUnasked()
        if signals.contains(.gatewayMayHaveRestarted) { plan.hinted(at: now) }
        if signals.contains(.refresh) { plan.refreshed(at: now) }
    }

    /// Asks again for what another process has unmapped.
    private func loseRemoved() {
        let removed = book.takeRemovedHolds()
        guard !removed.isEmpty else { return }
        for index in held.indices {
            guard let lease = held[index]?.lease, removed.contains(lease.key) else { continue }
            lose(index, because: .noAnswer(gateway: lease.key.gateway, after: .zero))
            plan.missing(index, at: .now)
        }
    }

    /// Does everything that is due.
    private func work() async {
        while !Task.isCancelled, let action = plan.next(at: .now) {
            log.debug("holding: \(action)")
            switch action {
            case .map(let indices): await mapAgain(indices)
            case .renew(let indices, let persistence): await renew(indices, persistence)
            case .lookAround(let indices):
                await lookForWay()
                guard observer.way != nil else { continue }
                for index in indices { await readBack(index) }
            }
        }
        for index in plan.ended(at: .now) { lose(index, because: .noGateway) }
    }

    /// Looks whether the gateway or this host's address is another one, and says so.
    private func lookForWay() async {
        let change = observer.look()
        tell(change.changes)
        guard change.isOtherWay else { return }
        await listen()
        guard observer.way != nil else { return plan.wayIsGone() }
        failedReads = [:]
        if !change.isSameAsLast { sessions.close() }
        plan.wayIsThere(isSame: change.isSameAsLast, at: .now)
    }
}
