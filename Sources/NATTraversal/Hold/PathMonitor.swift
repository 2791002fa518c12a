import Logging

/// Looks for the path to the Internet, listens on it, and rings when there is something to look at.
///
/// Not Sendable: it belongs to one actor.
final class PathMonitor {
    private let selection: GatewaySelection
    private let localAddresses: HoldOptions.LocalAddresses
    private let mailbox: HoldMailbox
    private var listening: Task<Void, Never>?

    /// The path as it was seen last; `nil` when there is none.
    private(set) var path: NetworkPath?
    /// Whether there was a look already.
    private(set) var hasLooked = false
    /// The path as it was when there was one.
    private var lastPath: NetworkPath?
    /// The gateways that are followed besides, and where this host is attached to each.
    private var followed: [(target: GatewayTarget, attachment: NetworkPath.Attachment)] = []
    /// Every address of this host, where those are told.
    private(set) var everyAddress: [IPAddress] = []

    /// A monitor that has not looked yet.
    ///
    /// - Parameters:
    ///   - selection: which gateways may be asked.
    ///   - localAddresses: which addresses of this host are watched beside the path.
    ///   - mailbox: gets what is heard on the path, and rings when the time has come.
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
        /// Whether the path, or that to a gateway that is followed, is another one or none now.
        var isOtherPath = false
        /// Whether the path of before has come back.
        var isSameAsLast = false
    }

    /// Looks for the path and compares it with the one before.
    func look() -> Change {
        let (old, oldAddresses) = (path, everyAddress)
        path = NetworkPath.current(selection, before: old)
        if let old { path?.attachment.remember(old.attachment) }
        hasLooked = true
        if case .everyInterface(let family) = localAddresses {
            everyAddress = NetworkPath.everyAddress(family)
        }
        var change = Change()
        if old?.place != path?.place || oldAddresses != everyAddress {
            change.changes.append(.interfaceChanged(path?.place, previous: old?.place))
        }
        if old?.gateway != path?.gateway {
            change.changes.append(.gatewayChanged(path?.gateway, previous: old?.gateway))
        }
        let isFollowedSame = followed.allSatisfy { target, attachment in
            do throws(PortMapperError) {
                var present = try NetworkPath.Attachment(towards: target)
                present.remember(attachment)
                return present == attachment
            } catch {
                return error.tellsNothing
            }
        }
        let isSame = path.map { $0.isSame(as: old) } ?? (old == nil)
        change.isOtherPath = !isSame || !isFollowedSame
        change.isSameAsLast = isFollowedSame && path.map { $0.isSame(as: lastPath) } ?? false
        lastPath = path ?? lastPath
        return change
    }

    /// Listens on the path as it is now, and for another one where there is none.
    ///
    /// - Parameters:
    ///   - targets: gateways that are to be heard as well.
    ///   - device: the gateway's UPnP side as it was found.
    func listen(following targets: [GatewayTarget] = [], knowing device: UPnPDevice? = nil) async {
        await stop()
        followed = targets.filter { $0.name != path?.gateway }.compactMap { target in
            (try? NetworkPath.Attachment(towards: target)).map { (target, $0) }
        }
        var addresses: [(interfaceIndex: UInt32, gateway: SocketAddress?)] =
            (path?.gatewayAddresses ?? []).map { (path?.attachment.interfaceIndex ?? 0, $0) }
        // Where there is no path, the kernel tells of the next one.
        if addresses.isEmpty { addresses = [(path?.attachment.interfaceIndex ?? 0, nil)] }
        addresses += followed.map { ($0.attachment.interfaceIndex, $0.target.socketAddress) }
        // Each hears the kernel too; what several put counts once.
        let listeners = addresses.grouped(by: \.interfaceIndex).map { index, addresses in
            GatewayListener(
                gateways: addresses.compactMap(\.gateway), interfaceIndex: index,
                device: device.map(SSDPPresence.init))
        }
        let mailbox = mailbox
        listening = Task {
            await withDiscardingTaskGroup { group in
                for listener in listeners {
                    group.addTask { await listener.run(into: mailbox) }
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

    /// Calls `handle` for what has happened, and once at the beginning, until the task is cancelled.
    ///
    /// - Parameter handle: does what is to be done, and says when to look again.
    func run(_ handle: (Set<HoldSignal>) async -> ContinuousClock.Instant) async {
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
            timer.set(to: await handle(mailbox.take()))
            for await _ in mailbox.bell { timer.set(to: await handle(mailbox.take())) }
            group.cancelAll()
        }
        await stop()
    }
}
