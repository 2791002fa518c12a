import Logging

/// Watches the way to the Internet: what it hears it asks about, and it asks now and then anyway.
actor GatewayWatcher {
    nonisolated let hub = EventHub<MapperEvent>()
    nonisolated let mailbox = HoldMailbox()
    private let selection: GatewaySelection
    private let interval: Duration
    private let observer: PathMonitor
    private var sessions: GatewaySessions
    private var question = HintQuestion()
    private var nextAsking = ContinuousClock.now
    /// What was told last; `nil` when nothing was told yet.
    private var address: IPAddress??
    /// The gateway's UPnP side as it told itself last.
    private var presence: SSDPPresence?

    init(_ selection: GatewaySelection, interval: Duration) {
        self.selection = selection
        self.interval = interval
        observer = PathMonitor(selection, mailbox: mailbox)
        sessions = GatewaySessions(via: selection.technique)
    }

    /// What happens from now on; what is known already comes first.
    func events() -> AsyncStream<MapperEvent> {
        var changes: [MapperEvent.Change] = []
        if observer.hasLooked {
            changes.append(.interfaceChanged(observer.way?.place, previous: nil))
            changes.append(.gatewayChanged(observer.way?.gateway, previous: nil))
        }
        if let address { changes.append(.externalAddressChanged(address, previous: nil)) }
        let now = Timestamp.now
        return hub.stream(first: changes.map { MapperEvent($0, at: now) })
    }

    /// Watches until the task is cancelled.
    func run() async {
        await observer.run { signals in
            await heed(signals)
            return min(nextAsking, question.time ?? nextAsking)
        }
    }

    private func heed(_ signals: Set<HoldSignal>) async {
        if !observer.hasLooked { return await lookAround() }
        if signals.contains(.gatewayMayHaveRestarted) {
            question.hinted(
                at: .now, delay: HintQuestion.longestDelay * .random(in: 0...1))
        }
        if signals.contains(.networkChanged) { await look() }
        if signals.contains(.refresh) || nextAsking <= .now {
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
        let isFirst = !observer.hasLooked
        let change = observer.look()
        tell(
            isFirst
                ? [
                    .interfaceChanged(observer.way?.place, previous: nil),
                    .gatewayChanged(observer.way?.gateway, previous: nil),
                ] : change.changes)
        guard change.isOtherWay || isFirst else { return }
        if !change.isSameAsLast {
            sessions = GatewaySessions(via: selection.technique)
            presence = nil
        }
        await observer.listen()
        nextAsking = .now
    }

    /// Asks for the external address; the answers show whether the gateway has restarted.
    private func ask() async {
        nextAsking = .now + interval
        // Of UPnP nothing but a search tells a restart.
        for session in sessions.all { session.igd.forget() }
        do {
            let answer = try await GatewayWalk(selection, sessions: sessions).externalAddress()
            noteRestart(answer)
            note(answer.address.address)
        } catch PortMapperError.noExternalAddress {
            note(nil)
        } catch let error as PortMapperError {
            log.debug("watching: \(error)")
            // What cannot be asked is not known to have changed; at first it is not known at all.
            if address == nil { note(nil) }
        } catch {}  // cancelled: nobody waits for it any more
    }

    private func noteRestart(_ answer: AddressAnswer) {
        var hasRestarted = answer.hasLostTable
        if let device = answer.device {
            let new = SSDPPresence(device)
            if let presence, presence.udn == new.udn, new.differs(from: presence) {
                hasRestarted = true
            }
            presence = new
        }
        if hasRestarted { tell([.gatewayRestarted(gateway: answer.address.gateway)]) }
    }

    private func note(_ new: IPAddress?) {
        guard address != .some(new) else { return }
        tell([.externalAddressChanged(new, previous: address ?? nil)])
        address = .some(new)
    }

    private func tell(_ changes: [MapperEvent.Change]) {
        let now = Timestamp.now
        for change in changes { hub.yield(MapperEvent(change, at: now)) }
    }
}
