/// Tells what changes on the way to the Internet, until it is stopped; maps nothing.
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

    /// Asks the gateway again, now.
    public func refresh() { watcher.mailbox.put(.refresh) }

    /// Ends every stream of events; nothing runs any more when it returns.
    public func stop() async {
        work.cancel()
        await work.value
        watcher.hub.finish()
    }
}
