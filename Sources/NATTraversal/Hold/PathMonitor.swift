import Logging

/// Looks for the way to the Internet, listens on it, and rings when there is something to look at.
///
/// Not Sendable: it belongs to one actor.
final class PathMonitor {
    private let selection: GatewaySelection
    private let localAddresses: HoldOptions.LocalAddresses
    private let mailbox: HoldMailbox
    private var listening: Task<Void, Never>?

    /// The way as it was seen last; `nil` when there is none.
    private(set) var way: NetworkPath?
    /// Whether there was a look already.
    private(set) var hasLooked = false
    /// The way as it was when there was one.
    private(set) var lastWay: NetworkPath?
    /// The gateways that are followed besides, and where this host is attached to each.
    private var followed: [GatewayTarget: NetworkPath.Attachment] = [:]
    /// Every address of this host, where those are told.
    private(set) var everyAddress: [IPAddress] = []

    init(
        _ selection: GatewaySelection, localAddresses: HoldOptions.LocalAddresses = .internal,
        mailbox: HoldMailbox
    ) {
        self.selection = selection
        self.localAddresses = localAddresses
        self.mailbox = mailbox
    }

    /// What came of a look.
    struct Change: Sendable {
        /// What there is to tell.
        var changes: [MapperEvent.Change] = []
        /// Whether the way, or that to a gateway that is followed, is another one or none now.
        var isOtherWay = false
        /// Whether what was there before has come back.
        var isSameAsLast = false
    }

    /// Looks for the way and compares it with the one before.
    func look() -> Change {
        let (old, oldAddresses) = (way, everyAddress)
        way = NetworkPath.current(selection)
        hasLooked = true
        if case .everyInterface(let family) = localAddresses {
            everyAddress = NetworkPath.everyAddress(family)
        }
        var change = Change()
        if old?.place != way?.place || oldAddresses != everyAddress {
            change.changes.append(.interfaceChanged(way?.place, previous: old?.place))
        }
        if old?.gateway != way?.gateway {
            change.changes.append(.gatewayChanged(way?.gateway, previous: old?.gateway))
        }
        let isFollowedSame = followed.allSatisfy { target, attachment in
            (try? NetworkPath.Attachment(towards: target)) == attachment
        }
        let isSame = way.map { $0.isSame(as: old) } ?? (old == nil)
        change.isOtherWay = !isSame || !isFollowedSame
        change.isSameAsLast = isFollowedSame && way.map { $0.isSame(as: lastWay) } ?? false
        lastWay = way ?? lastWay
        return change
    }

    /// Listens on the way as it is now, and for another one where there is none.
    ///
    /// - Parameters:
    ///   - targets: gateways that are to be heard as well.
    ///   - device: the gateway's UPnP side as it was found.
    func listen(following targets: Set<GatewayTarget> = [], knowing device: UPnPDevice? = nil) async
    {
        await stop()
        followed = [:]
        for target in targets where target.name != way?.gateway {
            followed[target] = try? NetworkPath.Attachment(towards: target)
        }
        var gateways = [way?.attachment.interfaceIndex ?? 0: way?.gatewayAddresses ?? []]
        for (target, attachment) in followed {
            gateways[attachment.interfaceIndex, default: []].append(target.socketAddress)
        }
        // Each hears the kernel too; what several put counts once.
        let signals = gateways.map { index, addresses in
            GatewaySignals(
                gateways: addresses, interfaceIndex: index, device: device.map(SSDPPresence.init))
        }
        let mailbox = mailbox
        listening = Task {
            await withDiscardingTaskGroup { group in
                for signals in signals {
                    group.addTask {
                        await signals.run { signal in
                            switch signal {
                            case .gatewayMayHaveRestarted: mailbox.put(.gatewayMayHaveRestarted)
                            case .networkChanged: mailbox.put(.networkChanged)
                            }
                        }
                    }
                }
            }
        }
    }

    /// Listens no more.
    func stop() async {
        listening?.cancel()
        await listening?.value
        listening = nil
    }

    /// Calls `heed` for what has happened, and once at the beginning, until the task is cancelled.
    ///
    /// - Parameter heed: does what is to be done, and says when to look again.
    func run(_ heed: (Set<HoldSignal>) async -> ContinuousClock.Instant) async {
        let timer: BootTimeTimer
        do throws(SystemError) { timer = try BootTimeTimer() } catch {
            log.error("nothing can be held or watched: \(error)")
            return
        }
        let mailbox = mailbox
        await withDiscardingTaskGroup { group in
            group.addTask {
                while (try? await timer.wait()) != nil { mailbox.put(.timeHasCome) }
            }
            timer.set(to: await heed(mailbox.take()))
            for await _ in mailbox.bell { timer.set(to: await heed(mailbox.take())) }
            group.cancelAll()
        }
        await stop()
    }
}
