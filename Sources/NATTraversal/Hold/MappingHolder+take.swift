// What was granted or lost.
extension MappingHolder {
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
            if let former = old ?? abandoned[index], former.lease.key != new.lease.key {
                book.release([former.lease.key])
                if former.target != new.target { left.append(former) }
            }
            abandoned[index] = nil
            held[index] = new
            lastPorts[index] = new.mapping.externalPort
            saidFailures[index] = nil
            book.hold([new.lease])
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
        // Only now another process's end spares what is held here.
        try? await book.registerHolds()
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
