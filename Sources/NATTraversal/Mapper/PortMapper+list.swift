extension PortMapper {
    /// Lists the leases and, by UPnP, the gateway's whole table, without duplicates.
    ///
    /// - Returns: mappings, with `leasesOnly` among the warnings when the table cannot be read.
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
            try await addTable(to: &report, at: now)
        } catch let error as PortMapperError {
            guard selection.technique != .upnp else { throw error }
            report.add([.leasesOnly])
        }
        return report
    }

    private func addTable(to report: inout MappingReport, at now: Timestamp) async throws {
        let targets = try selection.targets()
        guard let target = targets.first, selection.allows(.upnp) else {
            return report.add([.leasesOnly])
        }
        let session = try GatewaySession(
            target, others: targets, via: .upnp, memory: memory, budget: selection.budget())
        let (entries, end, skipped) = try await session.igd.entries(session.wholeLimit)
        let externalAddress = try? await session.igd.externalAddress(session.wholeLimit)
        for entry in entries {
            let mapping = Mapping(
                entry, gateway: target.name, externalAddress: externalAddress, at: now)
            guard let mapping, !report.mappings.contains(where: mapping.isSame) else { continue }
            report.mappings.append(mapping)
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
        if skipped > 0 { report.add([.unreadableEntries(skipped)]) }
        report.add(session.igd.warnings)
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

extension Mapping {
    /// An entry of a gateway's table as a mapping; `nil` if it cannot be one, such as all ports.
    init?(
        _ entry: PortMappingEntry, gateway: GatewayAddress, externalAddress: IPAddress?,
        at now: Timestamp
    ) {
        guard let transport = entry.transport,
            let internalAddress = IPAddress(entry.internalClient),
            let internalPort = PortNumber(rawValue: entry.internalPort),
            let externalPort = PortNumber(rawValue: entry.externalPort)
        else { return nil }
        self.init(
            transport: transport, internalAddress: internalAddress, internalPort: internalPort,
            externalAddress: externalAddress, externalPort: externalPort,
            remoteHost: entry.remoteHost.flatMap(IPAddress.init),
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
