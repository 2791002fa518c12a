/// Tells what changes on the way to the Internet, until it is stopped; maps nothing.
public actor GatewayWatch {
    private let hub = EventHub<MapperEvent>()

    /// What happens from now on, the present state first, told without a previous one.
    ///
    /// Each call gives another listener.
    public func events() -> AsyncStream<MapperEvent> { hub.stream() }

    /// Asks the gateway again, now.
    public nonisolated func refresh() {}

    /// Ends every stream of events; nothing runs any more when it returns.
    public func stop() async {}
}
