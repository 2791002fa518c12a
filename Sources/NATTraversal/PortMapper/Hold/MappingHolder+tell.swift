// What was granted or lost, and telling it.
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

    /// Takes what was granted, all at once, so that each event tells the state after all of it.
    ///
    /// - Parameters:
    ///   - grants: what was granted, with the places of the requests.
    ///   - gateway: the gateway that was asked, where it has shown that it had lost its table.
    func take(
        _ grants: [(index: Int, new: Held, isNew: Bool)], lossOf gateway: String?
    ) async {
        var changes: [MapperEvent.Change] = []
        var left: [Held] = []
        let batch = Set(grants.map(\.index))
        if let gateway {
            changes.append(.gatewayRestarted(gateway: gateway))
            if grants.isEmpty { plan.lostTable(of: gateway, at: .now) }
        }
        for (index, new, isNew) in grants {
            var new = new
            let old = held[index]
            let isSameGateway = old?.mapping.gateway == new.mapping.gateway
            if isSameGateway, new.mapping.externalAddress == nil {
                // An answer that got lost is no change.
                new.mapping.externalAddress = old?.mapping.externalAddress
                new.lease.externalAddress = old?.mapping.externalAddress
            }
            new.wasSeen = old?.wasSeen == true && isSameGateway && !isNew
            if let lost = abandoned[index], lost.target != new.target { left.append(lost) }
            abandoned[index] = nil
            held[index] = new
            lastPorts[index] = new.mapping.externalPort
            saidFailures[index] = nil
            book.hold([new.lease])
            if let old, old.lease.key != new.lease.key {
                book.release([old.lease.key])
                if old.target != new.target { left.append(old) }
            }
            changes += addressChange(new.mapping)
            let change = new.mapping.change(from: old?.mapping)
            let isOther = if case .renewed = change { false } else { old != nil }
            changes.append(change)
            let evidence: HoldPlan.Evidence =
                if gateway != nil {
                    .loss
                } else if !isSameGateway {
                    .none
                } else if isOther {
                    .move
                } else {
                    isNew ? .absence : .none
                }
            plan.granted(
                index, for: new.mapping.lifetime, by: new.mapping.gateway, evidence, with: batch,
                at: .now)
        }
        tell(changes)
        for (target, left) in Dictionary(grouping: left, by: \.target) {
            await UnmapOperation.letGo(left.map(\.lease), on: target, leaseFile: book.file)
        }
    }

    private func addressChange(_ mapping: Mapping) -> [MapperEvent.Change] {
        let old = externalAddresses[mapping.gateway]
        guard let new = mapping.externalAddress, new != old else { return [] }
        externalAddresses[mapping.gateway] = new
        return old == nil ? [] : [.externalAddressChanged(new, previous: old)]
    }

    /// An asking has brought nothing.
    func fail(_ index: Int, _ error: PortMapperError) {
        let failure = HeldMappingState.Failure(error)
        let consequence = plan.failed(index, failure, at: .now)
        if consequence == .lost { return lose(index, because: error) }
        // One datagram that got lost is not worth a word.
        if case .asksAgain(let failures) = consequence, failure == .silence, failures < 2 { return }
        guard saidFailures[index] != failure else { return }
        saidFailures[index] = failure
        tell([.askingFailed(requests[index].transport, requests[index].internalPort, error)])
    }

    /// A mapping is gone.
    func lose(_ index: Int, because error: PortMapperError) {
        guard let old = held[index] else { return }
        held[index] = nil
        abandoned[index] = old
        saidFailures[index] = HeldMappingState.Failure(error)
        tell([.lost(old.mapping, error)])
    }

    /// What may be in a gateway's table: a mapping that is held, or was until it was told as lost.
    private func remainder(of index: Int) -> Held? {
        held[index] ?? abandoned[index].flatMap { $0.lease.isLive(at: .now) ? $0 : nil }
    }

    /// Deletes what is held or may still be there, and ends every stream of events.
    ///
    /// - Returns: what was deleted, and what could not be and stays in the lease file.
    func letGo() async -> MappingReport {
        var report = MappingReport()
        let byTarget = Dictionary(grouping: held.indices) { remainder(of: $0)?.target }
        for (target, indices) in byTarget {
            guard let target else { continue }
            let leases = indices.compactMap { remainder(of: $0)?.lease }
            let outcomes = await UnmapOperation.letGo(leases, on: target, leaseFile: book.file)
            for (index, outcome) in zip(indices, outcomes) {
                guard let mapping = remainder(of: index)?.mapping else { continue }
                switch outcome {
                case .success:
                    // What was told as lost is not told once more.
                    if held[index] != nil { report.mappings.append(mapping) }
                    held[index] = nil
                    abandoned[index] = nil
                case .failure(let error):
                    report.failures.append(
                        .init(
                            transport: mapping.transport, internalPort: mapping.internalPort,
                            error: error))
                }
            }
        }
        isOver = true
        tell(report.mappings.map { .unmapped($0) })
        hub.finish()
        return report
    }
}

extension Mapping {
    /// What it means that this was granted, where there was `old` before.
    fileprivate func change(from old: Mapping?) -> MapperEvent.Change {
        guard let old else { return .mapped(self) }
        let isSame =
            externalAddress == old.externalAddress && externalPort == old.externalPort
            && technique == old.technique && gateway == old.gateway
            && internalAddress == old.internalAddress
        return isSame ? .renewed(self) : .changed(self, previous: old)
    }
}

extension HeldMappingState.Failure {
    /// What an error means for a mapping that is to stay.
    init(_ error: PortMapperError) {
        switch error {
        case .noAnswer, .badAnswer: self = .silence
        case .noGateway, .noSuchInterface, .noSuchService, .closed, .unsupported, .system:
            self = .absence
        case .refused(let refusal): self = .refusal(for: refusal.lifetime)
        case .portTaken, .notPublic: self = .deletion
        case .foreign, .noExternalAddress, .inexpressible, .leaseFile: self = .refusal(for: nil)
        }
    }
}
