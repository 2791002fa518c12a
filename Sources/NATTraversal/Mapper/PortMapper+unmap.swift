extension PortMapper {
    /// Deletes mappings of this application: those of these ports, or all.
    ///
    /// Each gateway has its own time limit: a silent one takes no time from the others.
    ///
    /// - Parameters:
    ///   - request: the mappings to delete.
    ///   - family: the family of the mappings; `nil` is both.
    /// - Returns: the deleted mappings, the failures, and the leases that remain.
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func unmap(
        _ request: UnmapRequest, _ family: AddressFamily? = nil
    ) async throws -> MappingReport {
        let store = LeaseStore(leaseFile, timeout: selection.timeout)
        // When only the leases show what to delete, they must be readable to report it as gone.
        let needsLeases = portsWithoutLease(request, []).isEmpty
        let live = try needsLeases ? store.requireLive(at: .now) : store.live(at: .now)
        // The clock may be wrong about expired ones; their gateways know.
        let leases = (live + store.expired(at: .now)).filter {
            request.includes($0) && (family == nil || $0.key.internalAddress.family == family)
        }
        // What is open of IPv6 is in no table.
        let unknown = family == .ipv6 ? [] : portsWithoutLease(request, leases)
        return try await delete(leases, and: unknown, of: request, store)
    }

    /// Deletes one mapping, as its lease says it was made.
    ///
    /// A mapping that this application has not made, such as one from `list`, is deleted by UPnP, and
    /// only if it leads to this host. One that is gone already is no failure.
    ///
    /// - Parameter mapping: which; its transport, internal address and port, and gateway count.
    /// - Returns: what was deleted, and what stays: a gateway that leads nowhere now is not asked.
    /// - Throws: `PortMapperError` when the gateway does not delete it, `CancellationError`.
    @discardableResult
    public func unmap(_ mapping: Mapping) async throws -> MappingReport {
        let store = LeaseStore(leaseFile, timeout: selection.timeout)
        let live = try mapping.isMine ? store.requireLive(at: .now) : store.live(at: .now)
        let leases = (live + store.expired(at: .now)).filter { $0.key == Lease.Key(mapping) }
        let port = UnmapRequest.Port(mapping.transport, mapping.externalPort)
        let isForeign = leases.isEmpty && !mapping.isMine
        if isForeign, !selection.allows(.upnp) {
            throw PortMapperError.inexpressible(
                "a mapping without a lease can be deleted by UPnP alone")
        }
        let report = try await delete(
            leases, and: isForeign ? [port] : [], of: .externalPort(port), on: mapping.gateway,
            store)
        if let failure = report.failures.first { throw failure.error }
        return report
    }

    /// Deletes leases on their gateways, and ports that have none on one gateway.
    ///
    /// - Parameters:
    ///   - leases: what to delete.
    ///   - unknown: the ports without a lease.
    ///   - request: says which side those are on.
    ///   - gateway: the one that has them; `nil` is the best.
    ///   - store: where the leases are.
    /// - Returns: what was deleted, what could not be, and what stays.
    /// - Throws: `PortMapperError`, `CancellationError`.
    private func delete(
        _ leases: [Lease], and unknown: [UnmapRequest.Port], of request: UnmapRequest,
        on gateway: GatewayAddress? = nil, _ store: LeaseStore
    ) async throws -> MappingReport {
        var report = MappingReport()
        // Without a lease no gateway is asked, unless an option says how.
        if !leases.isEmpty || !unknown.isEmpty {
            let targets = try presentTargets(of: Set(leases.map(\.key.gateway)))
            var deletions = byWay(leases, targets).map { Deletion.leases($1, on: $0) }
            let target = targets.first { gateway == nil || $0.name == gateway }
            if let target, !unknown.isEmpty {
                deletions.append(.ports(unknown, of: request, on: target))
            }
            for outcome in try await delete(deletions, among: targets) { report.add(outcome) }
            let present = Set(targets.map(\.name))
            for lease in leases where !present.contains(lease.key.gateway) {
                report.add([.leaseOfAbsentGateway(lease.mapping(at: .now))])
            }
        }
        report.add(store.warnings)
        return report
    }

    /// One part of the work on one gateway: leases, each deleted by its own technique, or ports that
    /// have no lease.
    private enum Deletion: Sendable {
        case leases([Lease], on: GatewayTarget)
        case ports([UnmapRequest.Port], of: UnmapRequest, on: GatewayTarget)
    }

    /// The gateways that can be asked: the candidates, and those of leases that are on a network of
    /// this host, such as a VPN's; none is no failure, for leases run out by themselves.
    func presentTargets(of leased: Set<GatewayAddress>) throws -> [GatewayTarget] {
        var targets: [GatewayTarget] = []
        let isNamed = selection.gateway != nil || selection.location != nil
        let families = Set(leased.map(\.address.family)).sorted { $0 == .ipv4 && $1 == .ipv6 }
        for family in isNamed || families.isEmpty ? [selection.family] : families {
            do throws(PortMapperError) {
                targets += try selection.of(family).targets()
            } catch {
                // A lease of the other family keeps nobody from the gateways of this one.
                guard error.meansNoGateway,
                    selection.technique == nil || family != selection.family
                else { throw error }
            }
        }
        if isNamed { return targets }
        let interfaces = (try? NetworkInterface.all()) ?? []
        for gateway in leased.sorted(by: { $0.description < $1.description })
        where !targets.contains(where: { $0.name == gateway }) {
            guard interfaces.contains(where: { $0.isUp && $0.hasOnItsNetwork(gateway.address) })
            else { continue }
            var named = selection
            named.gateway = gateway
            targets += (try? named.targets()) ?? []
        }
        return targets
    }

    /// The leases of each gateway that can be asked, with the target to ask.
    ///
    /// A router that two interfaces reach is one gateway: each lease goes the way that it came.
    private func byWay(
        _ leases: [Lease], _ targets: [GatewayTarget]
    ) -> [(target: GatewayTarget, leases: [Lease])] {
        let ways = targets.map { ($0, try? $0.socket().local.address) }
        let wayOfLease = leases.map { lease in
            let own = ways.indices.filter { ways[$0].0.name == lease.key.gateway }
            return own.first { ways[$0].1 == lease.key.internalAddress } ?? own.first
        }
        return ways.indices.compactMap { way in
            let own = zip(leases, wayOfLease).filter { $1 == way }.map(\.0)
            return own.isEmpty ? nil : (ways[way].0, own)
        }
    }

    /// Deletes all at once, within one time limit, so that a silent gateway delays no other one and
    /// a silent technique no other technique.
    ///
    /// - Returns: a report for each, in their order.
    private func delete(
        _ deletions: [Deletion], among targets: [GatewayTarget]
    ) async throws -> [MappingReport] {
        try await withThrowingTaskGroup(of: (Int, MappingReport).self) { group in
            for (index, deletion) in deletions.enumerated() {
                group.addTask {
                    switch deletion {
                    case .leases(let leases, let target):
                        (index, try await delete(leases, on: target, among: targets))
                    case .ports(let ports, let request, let target):
                        (index, try await delete(ports, of: request, on: target, among: targets))
                    }
                }
            }
            return try await group.reduce(into: [(Int, MappingReport)]()) { $0.append($1) }
                .sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func delete(
        _ leases: [Lease], on target: GatewayTarget, among targets: [GatewayTarget]
    ) async throws -> MappingReport {
        var report = MappingReport()
        // One task uses a store; the file's lock keeps them apart.
        let store = LeaseStore(leaseFile, timeout: selection.timeout)
        let session: GatewaySession
        do throws(PortMapperError) {
            session = try GatewaySession(
                target, others: targets, isProbe: true, memory: memory,
                budget: selection.budget(forPorts: leases.count))
        } catch {
            // This is the caller's mistake, not one gateway's.
            if case .noSuchInterface = error { throw error }
            report.failures = leases.map { .init(of: $0, error) }
            return report
        }
        let now = Timestamp.now
        for (lease, outcome) in zip(leases, try await session.delete(leases, in: store)) {
            switch outcome {
            case .success(.gone):
                report.mappings.append(lease.mapping(at: now))
            case .success(.stillOpen(let lease)):
                report.add([.stillOpen(lease.mapping(at: now))])
            // Nothing says that there is a mapping at all.
            case .failure(.noAnswer) where lease.state == .asked && !session.budget.hasHeard:
                report.add([.leaseWithoutAnswer(lease.mapping(at: now))])
            case .failure(.system(let cause)) where cause.isAddressNotAvailable:
                report.add([.leaseOfFormerAddress(lease.mapping(at: now))])
            case .failure(.refused) where lease.isOfFormerAddress(session):
                report.add([.leaseOfFormerAddress(lease.mapping(at: now))])
            case .failure(let error):
                report.failures.append(.init(of: lease, error))
            }
        }
        report.add(store.warnings)
        return report
    }

    /// The ports that can be deleted without a lease: NAT-PMP knows a mapping by this host's
    /// address and port alone, and UPnP shows where each leads.
    private func portsWithoutLease(
        _ request: UnmapRequest, _ leases: [Lease]
    ) -> [UnmapRequest.Port] {
        switch (request, selection.technique) {
        case (.internalPorts(let ports), .natPMP), (.internalPorts(let ports), .upnp):
            ports.filter { port in
                !leases.contains {
                    $0.key.transport == port.transport && $0.key.internalPort == port.number
                }
            }
        case (.externalPort(let port), nil), (.externalPort(let port), .upnp):
            leases.isEmpty ? [port] : []
        default:
            []
        }
    }

    private func delete(
        _ ports: [UnmapRequest.Port], of request: UnmapRequest, on target: GatewayTarget,
        among targets: [GatewayTarget]
    ) async throws -> MappingReport {
        var report = MappingReport()
        let session = try GatewaySession(
            target, others: targets, via: selection.technique, memory: memory,
            budget: selection.budget(forPorts: ports.count))
        for port in ports {
            do {
                if selection.technique == .natPMP {
                    try await session.deleteByNATPMP(port)
                } else {
                    for entry in try await entries(of: port, request, session) {
                        try await delete(entry, port, session, &report)
                    }
                }
            } catch let error as PortMapperError {
                report.failures.append(
                    .init(transport: port.transport, internalPort: port.number, error: error))
            }
        }
        report.add(session.igd.warnings)
        return report
    }

    /// The entries to delete: the one at an external port, or those that lead to this host.
    private func entries(
        of port: UnmapRequest.Port, _ request: UnmapRequest, _ session: GatewaySession
    ) async throws -> [PortMappingEntry] {
        if case .externalPort = request {
            let key = PortMappingKey(transport: port.transport, externalPort: port.number)
            return try await session.igd.entry(key, session.wholeLimit).map { [$0] } ?? []
        }
        return try await session.igd.entries(session.wholeLimit).entries.filter {
            $0.transport == port.transport
                && $0.leads(to: session.internalAddress, port: port.number)
        }
    }

    /// Deletes an entry of the gateway's table that leads to this host, and refuses another's.
    private func delete(
        _ entry: PortMappingEntry, _ port: UnmapRequest.Port, _ session: GatewaySession,
        _ report: inout MappingReport
    ) async throws {
        let gateway = session.target.name
        guard let mapping = Mapping(entry, gateway: gateway, externalAddress: nil, at: .now)
        else { return }
        let key = PortMappingKey(
            transport: port.transport, externalPort: mapping.externalPort,
            remoteHost: mapping.remoteHost)
        let deletion = try await session.igd.delete(
            key, client: session.internalAddress, internalPort: mapping.internalPort,
            isRecorded: false, session.wholeLimit)
        switch deletion {
        case .deleted: report.mappings.append(mapping)
        case .absent: break
        case .foreign:
            report.failures.append(
                .init(
                    transport: port.transport, internalPort: mapping.internalPort,
                    error: .foreign(
                        gateway: gateway, externalPort: mapping.externalPort,
                        client: mapping.internalAddress)))
        }
    }
}

extension MappingReport.Failure {
    fileprivate init(of lease: Lease, _ error: PortMapperError) {
        self.init(
            transport: lease.key.transport, internalPort: lease.key.internalPort, error: error)
    }
}

extension Lease {
    /// Whether it leads to another host.
    fileprivate func isOfFormerAddress(_ session: GatewaySession) -> Bool {
        !isThirdParty && !session.hasAddress(key.internalAddress)
    }
}
