import NATTraversal

/// What `map --changes-only` shows: of the mappings those that the lease file did not remember like
/// this.
struct ChangedMappings: CommandOutput {
    let kind = DocumentKind.map
    var report: MappingReport
    /// `mapped` or `changed`, in the order of the mappings.
    let events: [MapperEvent]

    /// Compares what was mapped with the leases as they were before.
    init(_ report: MappingReport, since leases: [Mapping], at now: Timestamp = .now) {
        self.report = report
        let assignments = report.mappings.flatMap(\.assignments)
        events = report.mappings.compactMap { mapping in
            mapping.change(since: leases)
                .map { MapperEvent($0, at: now, assignments: assignments) }
        }
    }

    /// Whether there is something to show.
    var isEventful: Bool { !events.isEmpty || !report.failures.isEmpty }

    /// The hook's call; `nil` when no mapping is new or has changed.
    var hookCall: Hook.Call? { Hook.Call(events, firstMapping: nil) }

    private var changed: [Mapping] { events.compactMap(\.change.mapping) }
    private var whole: MappingOutput { MappingOutput(kind: kind, report: report) }

    func lines(on page: Page) -> [StyledLine] { changed.map(\.line) }
    var quietLines: [String] { changed.map(\.externalPort.description) }
    /// The whole of it: a script that reads it wants to know what is mapped.
    var document: [String: JSONValue] { whole.document }
    var warnings: [MapperWarning] { whole.warnings }
    var failures: [PortMapperError] { whole.failures }
    var failureMessages: [String] { whole.failureMessages }
}

extension Mapping {
    /// The event that `map --keep` would report for the difference to the lease; `nil` for none.
    ///
    /// An external address that is not known now counts as unchanged.
    fileprivate func change(since leases: [Mapping]) -> MapperEvent.Change? {
        let lease = leases.first {
            $0.gateway == gateway && $0.transport == transport
                && $0.internalAddress == internalAddress && $0.internalPort == internalPort
        }
        guard let lease else { return .mapped(self) }
        var known = self
        known.externalAddress = externalAddress ?? lease.externalAddress
        return known.isRenewal(of: lease) ? nil : .changed(self, previous: lease)
    }

    /// Where its service is reached: on this side, then on the other.
    fileprivate var assignments: [PortAssignment] {
        let inside = PortAssignment(transport, address: internalAddress, port: internalPort)
        guard let externalAddress else { return [inside] }
        return [
            inside,
            PortAssignment(
                transport, address: externalAddress, port: externalPort, technique: technique),
        ]
    }
}
