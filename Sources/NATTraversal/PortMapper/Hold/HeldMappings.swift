/// Mappings that stay true until they are stopped: renewed in time, made again after the gateway
/// has lost them, and moved with this host to another network.
///
/// They end when the last reference goes, without a word to the gateway; `stop` deletes them.
public actor HeldMappings {
    private let hub = EventHub<MapperEvent>()

    /// What happens from now on, the present state first: a `warning` for each of the last asking,
    /// and a `mapped` for each mapping that is there. Each call gives another listener; it ends
    /// when the mappings are stopped.
    public func events() -> AsyncStream<MapperEvent> { hub.stream() }

    /// The mappings that are there at this moment, in the order they were asked for.
    public var mappings: [Mapping] { [] }

    /// Every local and public port that is assigned at this moment.
    public var assignments: [PortAssignment] { [] }

    /// Asks for every mapping again, now.
    public nonisolated func refresh() {}

    /// Deletes the mappings, within five seconds, and ends every stream of events.
    ///
    /// What is awaited is done although the task was cancelled. A second call waits for the first.
    ///
    /// - Returns: what was deleted, and what could not be and stays in the lease file.
    @discardableResult
    public func stop() async -> MappingReport { MappingReport() }
}
