/// Reads the gateway's whole table, and marks what natctl remembers.
final class TableSearch {
    private let selection: GatewaySelection
    private let leaseFile: LeaseFile

    init(_ selection: GatewaySelection, leaseFile: LeaseFile) {
        self.selection = selection
        self.leaseFile = leaseFile
    }

    /// Leases and entries, what is in both once.
    ///
    /// - Throws: `PortMapperError` when UPnP was asked for and cannot be read, `CancellationError`.
    func run() async throws -> MappingReport {
        let book = LeaseStore(leaseFile)
        let now = Timestamp.now
        var report = MappingReport()
        report.mappings = book.live(at: now).filter { $0.state == .granted }
            .map { $0.mapping(at: now) }
        report.add(book.warnings)
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
        let table = try IGDTable(target, others: targets, budget: selection.budget())
        let (entries, end, skipped) = try await table.entries()
        let externalAddress = try? await table.externalAddress()
        for entry in entries {
            let mapping = Mapping(
                entry, gateway: target.name, externalAddress: externalAddress.map(IPAddress.v4),
                at: now)
            guard let mapping, !report.mappings.contains(where: mapping.isSame) else { continue }
            report.mappings.append(mapping)
        }
        switch end {
        case .whole: break
        case .limit:
            report.warn(
                .truncated,
                "no more than \(entries.count) entries of the gateway's table were read; there may "
                    + "be others")
        case .brokenOff:
            report.warn(
                .truncated,
                "reading the gateway's table broke off after \(entries.count) entries; there may be "
                    + "others")
        }
        if skipped > 0 {
            report.warn(
                .truncated,
                "\(skipped) of the entries in the gateway's table could not be read and are left "
                    + "out")
        }
        report.add(table.warnings)
    }
}

extension Mapping {
    /// An entry of a gateway's table; `nil` for one that no mapping can be, such as all ports.
    init?(
        _ entry: PortMappingEntry, gateway: String, externalAddress: IPAddress?, at now: Timestamp
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
