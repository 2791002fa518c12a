/// Something that a holder or a watcher is to look at: a hint at most, which is answered by asking
/// and never believed (T-8).
enum HoldSignal: Hashable, Sendable {
    /// The time that the plan named has come.
    case timeHasCome
    /// The gateway announced itself, or its UPnP device says that it has started anew.
    case gatewayMayHaveRestarted
    /// A link, an address or a route of this host has changed.
    case networkChanged
    /// A process has changed the lease file.
    case leasesChanged
    /// A gateway has sent something that nobody asked for.
    case gatewayHasSpoken
    /// The user wants everything asked for again.
    case refresh
}

/// What has happened since the holder looked last: each signal once, however often it came, so that
/// no flood of them takes memory or hides another (T-4, T-8).
final class HoldMailbox: Sendable {
    private let signals = Locked(Set<HoldSignal>())
    private let ringer: AsyncStream<Void>.Continuation
    /// Rings when there is something to take; for one listener.
    let bell: AsyncStream<Void>

    init() {
        (bell, ringer) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Adds a signal, from any thread.
    func put(_ signal: HoldSignal) {
        signals.withLock { _ = $0.insert(signal) }
        ringer.yield()
    }

    /// Everything since the last call, in no order.
    func take() -> Set<HoldSignal> {
        signals.withLock { signals in
            defer { signals = [] }
            return signals
        }
    }
}
