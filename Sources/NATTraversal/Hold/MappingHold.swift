/// How mappings are held.
public struct HoldOptions: Hashable, Sendable {
    /// How often the mappings are read back where their gateway's table can be read.
    public var readBackInterval = Duration.seconds(300)
    /// Which local addresses are told beside the public ones.
    public var localAddresses = LocalAddresses.internal

    /// The addresses at which a service can be reached on this network.
    @nonexhaustive
    public enum LocalAddresses: Hashable, Sendable {
        /// The one that the mapping leads to.
        case `internal`
        /// This one, where the service is bound to it.
        case only(IPAddress)
        /// Every address of every interface that is up, of one family or of both, where the service
        /// is bound to a wildcard.
        case everyInterface(AddressFamily?)
    }

    /// The defaults.
    public init() {}
}

/// Mappings that stay true until they are stopped: renewed in time, made again after the gateway
/// has lost them, and moved with this host to another network.
///
/// Renewing ends with the last reference, and the gateway is not told; `stop` deletes them.
public final class MappingHold: Sendable {
    private let holder: MappingHolder
    private let work: Task<Void, Never>
    private let ending = Locked<Task<MappingReport, Never>?>(nil)

    init(_ holder: MappingHolder) {
        self.holder = holder
        work = Task { await holder.run() }
    }

    deinit {
        work.cancel()
        holder.hub.finish()
    }

    /// What happens from now on, the present state first: a `warning` for each that still holds, and
    /// a `mapped` for each mapping that is there.
    ///
    /// Each call gives another listener; it ends when the mappings are stopped.
    public func events() async -> AsyncStream<MapperEvent> { await holder.events() }

    /// The same, with the events that result from one answer together.
    package func rounds() async -> AsyncStream<[MapperEvent]> { await holder.rounds() }

    func eventsAndAssignments() async -> (AsyncStream<MapperEvent>, [PortAssignment]) {
        await holder.eventsAndAssignments()
    }

    /// The mappings that are there at this moment, in the order they were asked for.
    public var mappings: [Mapping] { get async { await holder.mappings } }

    /// Every local and public port that is assigned at this moment.
    public var assignments: [PortAssignment] { get async { await holder.assignments } }

    /// Asks for every mapping again, now.
    public func refresh() { holder.mailbox.put(.refresh) }

    /// Deletes the mappings, within five seconds for each gateway, and ends every stream of events.
    ///
    /// Deletes them even if the caller's task was cancelled. A second call waits for the first.
    ///
    /// - Returns: what was deleted, and what could not be and stays in the lease file.
    @discardableResult
    public func stop() async -> MappingReport { await beginStop().value }

    /// Begins what `stop` does, for those who cannot wait; `stop` still can.
    @discardableResult
    package func beginStop() -> Task<MappingReport, Never> {
        ending.withLock { ending in
            if let ending { return ending }
            // A task of its own, because the caller's may be cancelled.
            let task = Task { [holder, work] in
                work.cancel()
                await work.value
                return await holder.release()
            }
            ending = task
            return task
        }
    }
}
