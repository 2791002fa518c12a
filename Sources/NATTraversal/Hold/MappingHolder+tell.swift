// Telling what is there and what has changed.
extension MappingHolder {
    /// What happens from now on, the present state first.
    func events() -> AsyncStream<MapperEvent> {
        let changes: [MapperEvent.Change] =
            warnings.map { .warning($0) } + mappings.map { .mapped($0) }
        let (now, assignments) = (Timestamp.now, assignments)
        return hub.stream(
            first: changes.map { MapperEvent($0, at: now, assignments: assignments) })
    }

    /// The same with the assignments at its beginning.
    func eventsAndAssignments() -> (AsyncStream<MapperEvent>, [PortAssignment]) {
        (events(), assignments)
    }

    /// Each warning that holds, once.
    private var warnings: [MapperWarning] {
        var report = MappingReport()
        report.add(grantWarnings.flatMap(\.self) + otherWarnings)
        return report.warnings
    }

    /// The mappings that are there.
    var mappings: [Mapping] { held.compactMap { $0?.mapping } }

    /// Every local and public port that is assigned, in the order of the requests.
    var assignments: [PortAssignment] {
        requests.indices.flatMap { index in
            let request = requests[index]
            let mapping = held[index]?.mapping
            let local = (isOver ? [] : localAddresses(of: index)).map {
                PortAssignment(request.transport, address: $0, port: request.internalPort)
            }
            guard let mapping, let address = mapping.externalAddress else { return local }
            return local + [
                PortAssignment(
                    request.transport, address: address, port: mapping.externalPort,
                    technique: mapping.technique)
            ]
        }
    }

    private func localAddresses(of index: Int) -> [IPAddress] {
        switch options.localAddresses {
        case .only(let address): [address]
        case .everyInterface: observer.everyAddress
        case .internal:
            [
                held[index]?.mapping.internalAddress
                    ?? requests[index].internalAddress.map(IPAddress.v4)
                    ?? observer.way?.place.address
            ].compactMap(\.self)
        }
    }

    /// Tells what has changed, with the state that it has led to.
    func tell(_ changes: [MapperEvent.Change]) {
        guard !changes.isEmpty else { return }
        let (now, assignments) = (Timestamp.now, assignments)
        for change in changes { hub.yield(MapperEvent(change, at: now, assignments: assignments)) }
    }

    /// Warns of what was not warned of before.
    func warn(_ own: [Int: [MapperWarning]], others: [MapperWarning]) {
        let old = Set(warnings)
        for (index, warnings) in own { grantWarnings[index] = warnings }
        otherWarnings = others
        tell(warnings.filter { !old.contains($0) }.map { .warning($0) })
    }
}
