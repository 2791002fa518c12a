import NATTraversal

/// Where events come from: mappings that are held, or the way to the Internet that is watched.
struct EventSource: Sendable {
    /// The events, beginning with the present state; those that result from one answer come together.
    ///
    /// Ends when the source is stopped.
    var rounds: AsyncStream<[MapperEvent]>
    /// Asks the gateway again, now.
    var refresh: @Sendable () -> Void
    /// Lets go, and tells what could not be deleted.
    var stop: @Sendable () async -> MappingReport
}

extension EventSource {
    init(_ held: MappingHold) async {
        self.init(
            rounds: await held.rounds(), refresh: { held.refresh() },
            stop: { await held.stop() })
    }

    init(_ watch: GatewayWatch) async {
        self.init(
            rounds: await watch.rounds(), refresh: { watch.refresh() },
            stop: {
                await watch.stop()
                return MappingReport()
            })
    }
}
