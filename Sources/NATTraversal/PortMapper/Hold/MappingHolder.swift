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
    let book: LeaseBook
    let sessions = GatewaySessions()
    var plan: HoldPlan
    /// In the order of the requests.
    var held: [Held?]
    /// The external ports that were granted last, which are asked for again after a loss.
    var lastPorts: [PortNumber?]
    /// What was said last of an asking in vain.
    var saidFailures: [HeldMappingState.Failure?]
    /// How the gateway is reached, and how it was when it was reached last.
    var way: NetworkWay?
    var lastWay: NetworkWay?
    /// The external address of each gateway, as it was told last.
    var externalAddresses: [String: IPAddress] = [:]
    /// Gateways whose table cannot be read.
    var tableless: Set<String> = []
    /// What was warned of at the last asking.
    var warnings: [MapperWarning] = []
    /// Every address of this host, where those are told.
    var everyAddress: [IPAddress] = []

    nonisolated let hub = EventHub<MapperEvent>()
    nonisolated let mailbox = HoldMailbox()
    private var listening: Task<Void, Never>?

    init(
        _ requests: [MappingRequest], options: HoldOptions, selection: GatewaySelection,
        leaseFile: LeaseFile
    ) {
        self.requests = requests
        self.options = options
        self.selection = selection
        book = LeaseBook(leaseFile)
        plan = HoldPlan(count: requests.count, lookInterval: options.readBackInterval, at: .now)
        held = Array(repeating: nil, count: requests.count)
        lastPorts = Array(repeating: nil, count: requests.count)
        saidFailures = Array(repeating: nil, count: requests.count)
    }

    /// Maps everything for the first time.
    ///
    /// - Returns: what came of it; with a failure in it nothing that is new is left mapped.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func start() async throws -> MappingReport {
        lookForWay()
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
        if way == nil { lookForWay() }
        let timer: WakeUpCall
        do throws(SystemError) { timer = try WakeUpCall() } catch {
            log.error("mappings cannot be held: \(error)")
            return
        }
        let mailbox = mailbox
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await timer.wait()) != nil { mailbox.put(.timeHasCome) }
            }
            listen()
            await work()
            timer.set(to: plan.wake)
            for await _ in mailbox.bell {
                await heed(mailbox.take())
                await work()
                timer.set(to: plan.wake)
            }
            group.cancelAll()
        }
        await stopListening()
    }

    private func heed(_ signals: Set<HoldSignal>) async {
        let now = ContinuousClock.now
        if signals.contains(.networkChanged) || signals.contains(.refresh) { await checkWay() }
        if signals.contains(.gatewayMayHaveRestarted) { plan.hinted(at: now) }
        if signals.contains(.refresh) { plan.refreshed(at: now) }
    }

    /// Does everything that is due.
    private func work() async {
        while !Task.isCancelled, let action = plan.next(at: .now) {
            log.debug("holding: \(action)")
            switch action {
            case .map(let indices): await mapAgain(indices)
            case .renew(let indices, let persistence): await renew(indices, persistence)
            case .lookAround(let indices):
                await checkWay()
                for index in indices { await readBack(index) }
            }
        }
        for index in plan.ended(at: .now) { lose(index, because: .noGateway) }
    }

    /// Looks whether the gateway or this host's address is another one, and says so.
    private func checkWay() async {
        let (old, oldAddresses) = (way, everyAddress)
        lookForWay()
        if old?.gateway != way?.gateway {
            tell([.gatewayChanged(way?.gateway, previous: old?.gateway)])
        }
        if old?.place != way?.place || oldAddresses != everyAddress {
            tell([.interfaceChanged(way?.place, previous: old?.place)])
        }
        guard old?.gateway != way?.gateway || old?.place != way?.place else { return }
        await stopListening()
        listen()
        guard let way else { return plan.wayIsGone() }
        let isSame = way.gateway == lastWay?.gateway && way.place == lastWay?.place
        if !isSame {
            sessions.close()
            tableless = []
        }
        lastWay = way
        plan.wayIsThere(isSame: isSame, at: .now)
    }

    private func lookForWay() {
        way = NetworkWay.current(selection)
        if lastWay == nil { lastWay = way }
        guard case .everyInterface(let family) = options.localAddresses else { return }
        everyAddress = NetworkWay.everyAddress(family)
    }

    /// Also without a way: there may be one again.
    private func listen() {
        let device = sessions.all.lazy.compactMap(\.finder.device).first
        let signals = GatewaySignals(
            gateways: way?.gatewayAddresses ?? [], interfaceIndex: way?.interfaceIndex ?? 0,
            device: device.map(SSDPPresence.init))
        let mailbox = mailbox
        listening = Task {
            await signals.run { signal in
                switch signal {
                case .gatewayMayHaveRestarted: mailbox.put(.gatewayMayHaveRestarted)
                case .networkChanged: mailbox.put(.networkChanged)
                }
            }
        }
    }

    private func stopListening() async {
        listening?.cancel()
        await listening?.value
        listening = nil
    }
}
