import Logging

/// Tells what changes on the path to the Internet, until it is stopped; maps nothing.
public final class GatewayWatch: Sendable {
    private let watcher: GatewayWatcher
    private let work: Task<Void, Never>

    init(_ watcher: GatewayWatcher) {
        self.watcher = watcher
        work = Task { await watcher.run() }
    }

    deinit {
        work.cancel()
        watcher.hub.finish()
    }

    /// What happens from now on, the present state first, told without a previous one.
    ///
    /// Each call gives another listener.
    public func events() async -> AsyncStream<MapperEvent> { await watcher.events() }

    /// The same, with the events that result from one answer together.
    package func rounds() async -> AsyncStream<[MapperEvent]> { await watcher.rounds() }

    /// Asks the gateway again, now.
    public func refresh() { watcher.mailbox.put(.refresh) }

    /// Ends every stream of events; nothing runs any more when it returns.
    public func stop() async {
        work.cancel()
        await work.value
        watcher.hub.finish()
    }
}

/// The external address as a watch has told it.
///
/// Pure: it is told what gateways answered, and says what that changes.
struct WatchedAddress: Sendable {
    /// What was told last: an address, or that there is none; `nil` when nothing was told yet.
    private(set) var told: IPAddress??

    /// Takes what came of asking for the external address.
    ///
    /// - Returns: what listeners are told; nothing when that is what they know.
    mutating func take(
        _ answer: Result<ExternalAddress, PortMapperError>
    ) -> MapperEvent.Change? {
        switch answer {
        case .success(let answer): change(to: answer.address)
        case .failure(let error) where error.gatewayWithoutAddress != nil: change(to: nil)
        // Without an answer nothing is known to have changed; at first nothing is known at all.
        case .failure: told == nil ? change(to: nil) : nil
        }
    }

    private mutating func change(to new: IPAddress?) -> MapperEvent.Change? {
        guard told != .some(new) else { return nil }
        defer { told = .some(new) }
        return .externalAddressChanged(new, previous: told ?? nil)
    }
}

extension PortMapperError {
    /// The gateway, where it says itself that it has no address on the Internet side: an empty one by
    /// UPnP, result 3 by NAT-PMP (RFC 6886, section 3.5), result 7 by PCP (RFC 6887, section 7.4).
    fileprivate var gatewayWithoutAddress: GatewayAddress? {
        switch self {
        case .noExternalAddress(let gateway, _): gateway
        case .refused(let refusal) where refusal.kind == .noExternalAddress: refusal.gateway
        default: nil
        }
    }
}

/// Watches the path to the Internet: asks about what it hears, and now and then anyway.
actor GatewayWatcher {
    nonisolated let hub = EventHub<MapperEvent>()
    nonisolated let mailbox = HoldMailbox()
    private let selection: GatewaySelection
    private let interval: Duration
    private let monitor: PathMonitor
    private var sessions: GatewaySessions
    /// How often the gateways had shown at the last answer that their tables were lost.
    private var toldLosses = 0
    private var question = HintQuestion()
    private var nextRequest = ContinuousClock.now
    private var address = WatchedAddress()
    /// The gateway's UPnP side as it told itself last.
    private var presence: SSDPPresence?

    /// A watcher that has not looked yet.
    ///
    /// - Parameters:
    ///   - selection: which gateways may be asked, and how.
    ///   - interval: how often the gateway is asked when it announces nothing.
    init(_ selection: GatewaySelection, interval: Duration) {
        self.selection = selection
        self.interval = interval
        monitor = PathMonitor(selection, mailbox: mailbox)
        sessions = GatewaySessions(via: selection.technique)
    }

    /// What happens from now on; what is known already comes first.
    func events() -> AsyncStream<MapperEvent> { hub.stream(first: present) }

    /// The same, with the events that result from one answer together.
    func rounds() -> AsyncStream<[MapperEvent]> { hub.rounds(first: present) }

    private var present: [MapperEvent] {
        var changes = monitor.hasLooked ? presentPath : []
        if let address = address.told {
            changes.append(.externalAddressChanged(address, previous: nil))
        }
        return events(of: changes)
    }

    /// Watches until the task is cancelled.
    func run() async {
        await monitor.run { signals in
            await handle(signals)
            return min(nextRequest, question.time ?? nextRequest)
        }
    }

    private func handle(_ signals: Set<HoldSignal>) async {
        if !monitor.hasLooked { return await lookAround() }
        if signals.contains(.gatewayMayHaveRestarted) {
            question.hinted(
                at: .now, delay: HintQuestion.longestDelay * .random(in: 0...1))
        }
        if signals.contains(.networkChanged) { await look() }
        if signals.contains(.refresh) || nextRequest <= .now {
            await lookAround()
        } else if question.isDue(at: .now) {
            await ask()
        }
    }

    private func lookAround() async {
        await look()
        await ask()
    }

    /// Looks for another gateway or address of this host.
    private func look() async {
        let isFirst = !monitor.hasLooked
        let change = monitor.look()
        tell(isFirst ? presentPath : change.changes)
        guard change.isOtherPath || isFirst else { return }
        if !change.isSameAsLast {
            sessions = GatewaySessions(via: selection.technique)
            toldLosses = 0
            presence = nil
        }
        await monitor.listen()
        nextRequest = .now
    }

    /// The path as it is told to those who know nothing of it.
    private var presentPath: [MapperEvent.Change] {
        [
            .interfaceChanged(monitor.path?.place, previous: nil),
            .gatewayChanged(monitor.path?.gateway, previous: nil),
        ]
    }

    /// Asks for the external address; the answers show whether the gateway has restarted.
    private func ask() async {
        nextRequest = .now + interval
        // By UPnP nothing but a search shows a restart.
        for session in sessions.all { session.upnp.forget() }
        do {
            let answer = try await GatewayWalk(selection, sessions: sessions).externalAddress()
            noteRestart(of: answer.gateway)
            tell(address.take(.success(answer)))
        } catch let error as PortMapperError {
            log.debug("watching: \(error)")
            if let gateway = error.gatewayWithoutAddress { noteRestart(of: gateway) }
            tell(address.take(.failure(error)))
        } catch {}  // cancelled: nobody waits for it any more
    }

    private func noteRestart(of gateway: GatewayAddress) {
        let losses = sessions.all.map(\.lossCount).reduce(0, +)
        var hasRestarted = losses > toldLosses
        toldLosses = losses
        if let device = sessions.all.lazy.compactMap(\.upnp.device).first {
            let new = SSDPPresence(device)
            if let presence, presence.udn == new.udn, new.differs(from: presence) {
                hasRestarted = true
            }
            presence = new
        }
        if hasRestarted { tell([.gatewayRestarted(gateway: gateway)]) }
    }

    private func tell(_ change: MapperEvent.Change?) { tell([change].compactMap(\.self)) }

    private func tell(_ changes: [MapperEvent.Change]) { hub.yield(events(of: changes)) }

    private func events(of changes: [MapperEvent.Change]) -> [MapperEvent] {
        let now = Timestamp.now
        return changes.map { MapperEvent($0, at: now) }
    }
}
