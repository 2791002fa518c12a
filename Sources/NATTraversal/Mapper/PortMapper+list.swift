extension PortMapper {
    /// Lists the leases and, by UPnP, the gateways' whole tables, without duplicates.
    ///
    /// Every candidate and every gateway of a lease is asked, all at once.
    ///
    /// - Returns: mappings, with `leasesOnly` among the warnings for each gateway that has leases and
    ///   whose table cannot be read, and for the best gateway.
    /// - Throws: `PortMapperError` when UPnP was asked for and cannot be read, `CancellationError`.
    public func list() async throws -> MappingReport {
        try selection.requireInterface()
        let store = LeaseStore(leaseFile)
        let now = Timestamp.now
        var report = MappingReport()
        report.mappings = store.live(at: now).filter { $0.state == .granted }
            .map { $0.mapping(at: now) }
        report.add(store.warnings)
        do {
            try await addTables(to: &report, at: now)
        } catch let error as PortMapperError {
            guard selection.technique != .upnp else { throw error }
            report.add([.leasesOnly(nil, because: error)])
        }
        return report
    }

    private func addTables(to report: inout MappingReport, at now: Timestamp) async throws {
        // Pinholes are in no table.
        if selection.family == .ipv6 { return }
        let leased = Set(report.mappings.map(\.gateway))
        let withLeases = leased.filter { $0.address.family == .ipv4 }
        guard selection.allows(.upnp) else {
            return report.add([.leasesOnly(try selection.targets().first?.name, because: nil)])
        }
        let targets = try presentTargets(of: withLeases)
        if targets.isEmpty {
            let isIPv6Alone = !leased.isEmpty && withLeases.isEmpty
            // Says why there is none.
            if !isIPv6Alone { _ = try selection.targets() }
            return
        }
        // A router that two interfaces reach has one table.
        let gateways = targets.enumerated().filter { index, target in
            !targets[..<index].contains { $0.name == target.name }
        }.map(\.element)
        let tables = try await withThrowingTaskGroup(
            of: (Int, Result<MappingReport, PortMapperError>).self
        ) { group in
            for (index, target) in gateways.enumerated() {
                group.addTask {
                    (index, try await Result { try await table(of: target, targets, at: now) })
                }
            }
            return try await group.reduce(into: [Int: Result<MappingReport, PortMapperError>]()) {
                $0[$1.0] = $1.1
            }
        }
        var failure: PortMapperError?
        for (index, gateway) in gateways.enumerated() {
            switch tables[index] {
            case .success(let table)?:
                report.mappings += table.mappings.filter { entry in
                    !report.mappings.contains(where: entry.isSame)
                }
                report.add(table.warnings)
            case .failure(let error)?:
                failure = .moreTelling(failure, error)
                guard index == 0 || withLeases.contains(gateway.name) else { continue }
                report.add([.leasesOnly(gateway.name, because: error)])
            case nil: break
            }
        }
        let hasTable = tables.values.contains { if case .success = $0 { true } else { false } }
        if !hasTable, selection.technique == .upnp, let failure { throw failure }
    }

    /// The mappings of one gateway's table, with the warnings about reading it.
    private func table(
        of target: GatewayTarget, _ targets: [GatewayTarget], at now: Timestamp
    ) async throws -> MappingReport {
        var report = MappingReport()
        let session = try GatewaySession(
            target, others: targets, via: .upnp, memory: memory, budget: selection.budget())
        let (entries, end, skipped) = try await session.igd.entries(session.wholeLimit)
        let externalAddress = try? await session.igd.externalAddress(session.wholeLimit)
        report.mappings = entries.compactMap {
            Mapping($0, gateway: target.name, externalAddress: externalAddress, at: now)
        }
        switch end {
        case .whole: break
        case .limit:
            report.add([.truncatedTable(entries: entries.count, isBrokenOff: false)])
        case .brokenOff:
            report.add([.truncatedTable(entries: entries.count, isBrokenOff: true)])
        }
        if entries.contains(where: \.hasCutText) {
            report.add([.truncatedTexts(of: target.socketAddress.address)])
        }
        let leftOut = skipped + entries.count - report.mappings.count
        if leftOut > 0 { report.add([.unreadableEntries(leftOut)]) }
        report.add(session.igd.warnings)
        return report
    }

    /// Lists the live leases without asking the gateway.
    ///
    /// - Returns: mappings with the rest of their lifetimes.
    /// - Throws: `PortMapperError.leaseFile`.
    public func leases() throws -> [Mapping] { try leaseReport().mappings }

    /// The same with what is wrong with the lease file.
    package func leaseReport() throws -> MappingReport {
        let (store, now) = (LeaseStore(leaseFile), Timestamp.now)
        var report = MappingReport()
        report.mappings = try store.requireLive(at: now)
            .filter { $0.state == .granted }.map { $0.mapping(at: now) }
        report.add(store.warnings)
        return report
    }
}

extension PortMapper {
    /// The gateways of mappings that are neither candidates nor on a network of this host, so that
    /// they cannot be asked now.
    package func absentGateways(of mappings: [Mapping]) -> Set<GatewayAddress> {
        let gateways = Set(mappings.map(\.gateway))
        if gateways.isEmpty { return [] }
        let present = (try? presentTargets(of: gateways)) ?? []
        return gateways.subtracting(present.map(\.name))
    }
}

extension Mapping {
    /// An entry of a gateway's table as a mapping; `nil` if it cannot be one: it is for all ports, or
    /// has a name in place of an address.
    ///
    /// A peer that is no address must not become "anybody".
    init?(
        _ entry: PortMappingEntry, gateway: GatewayAddress, externalAddress: IPAddress?,
        at now: Timestamp
    ) {
        let remoteHost = entry.remoteHost.flatMap(IPAddress.init)
        guard let transport = entry.transport,
            let internalAddress = IPAddress(entry.internalClient),
            let internalPort = PortNumber(rawValue: entry.internalPort),
            let externalPort = PortNumber(rawValue: entry.externalPort),
            remoteHost != nil || entry.remoteHost == nil
        else { return nil }
        self.init(
            transport: transport, internalAddress: internalAddress, internalPort: internalPort,
            externalAddress: externalAddress, externalPort: externalPort,
            remoteHost: remoteHost,
            lifetime: entry.remainingSeconds.map { .seconds(Int64($0)) },
            expiry: entry.remainingSeconds.map(now.advanced(bySeconds:)), technique: nil,
            gateway: gateway, description: entry.description, isMine: false)
    }

    /// Whether both are the same mapping of the same gateway.
    fileprivate func isSame(as other: Mapping) -> Bool {
        gateway == other.gateway && transport == other.transport
            && externalPort == other.externalPort && internalAddress == other.internalAddress
            && internalPort == other.internalPort
    }
}
