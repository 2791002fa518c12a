/// Finds what is to be deleted, and where.
final class UnmapSearch {
    private let request: UnmapRequest
    private let selection: GatewaySelection
    private let book: LeaseStore
    private var report = MappingReport()

    init(_ request: UnmapRequest, selection: GatewaySelection, leaseFile: LeaseFile) {
        self.request = request
        self.selection = selection
        book = LeaseStore(leaseFile, timeout: selection.timeout)
    }

    func run() async throws -> MappingReport {
        // Where nothing but the leases tells what to delete, it takes them to say that it is gone.
        let live = try needsLeases ? book.requireLive(at: .now) : book.live(at: .now)
        let leases = live.filter(request.includes)
        let unknown = portsWithoutLease(leases)
        // Without a lease nobody is asked, unless an option says how.
        if !leases.isEmpty || !unknown.isEmpty {
            let targets = try presentTargets()
            let budget = selection.budget(forPorts: leases.count + unknown.count)
            for target in targets {
                try await delete(
                    leases.filter { $0.key.gateway == target.name }, on: target, budget)
            }
            warnOfOthers(leases, than: targets)
            if let target = targets.first, !unknown.isEmpty {
                if selection.technique == .natPMP {
                    try await deleteByNATPMP(unknown, on: target, budget)
                } else {
                    try await deleteByUPnP(unknown, on: target, budget)
                }
            }
        }
        report.add(book.warnings)
        return report
    }

    private var needsLeases: Bool { portsWithoutLease([]).isEmpty }

    /// The gateways that can be asked; none is no failure, for leases run out by themselves.
    private func presentTargets() throws -> [GatewayTarget] {
        do throws(PortMapperError) {
            return try selection.targets()
        } catch {
            guard error == .noGateway, selection.technique == nil else { throw error }
            return []
        }
    }

    private func delete(
        _ leases: [Lease], on target: GatewayTarget, _ budget: TimeBudget
    ) async throws {
        guard !leases.isEmpty else { return }
        let operation = UnmapOperation(target, budget: budget, book: book)
        let now = Timestamp.now
        for (lease, outcome) in zip(leases, try await operation.run(leases)) {
            switch outcome {
            case .success:
                report.mappings.append(lease.mapping(at: now))
            case .failure(.system(let cause)) where cause.isAddressNotAvailable:
                report.warn(
                    .leaseElsewhere,
                    "\(lease.name) leads to \(lease.key.internalAddress), which this host no "
                        + "longer has; it runs out at \(lease.expiryText)")
            case .failure(let error):
                report.failures.append(
                    .init(
                        transport: lease.key.transport, internalPort: lease.key.internalPort,
                        error: error))
            }
        }
    }

    private func warnOfOthers(_ leases: [Lease], than targets: [GatewayTarget]) {
        let present = Set(targets.map(\.name))
        for lease in leases where !present.contains(lease.key.gateway) {
            report.warn(
                .leaseElsewhere,
                "\(lease.name) was mapped by \(lease.key.gateway), which is no default gateway "
                    + "now; it runs out at \(lease.expiryText), or name it with --gateway")
        }
    }

    /// The ports that can be deleted without a lease: NAT-PMP knows a mapping by this host's
    /// address and port alone, and UPnP shows where each leads.
    private func portsWithoutLease(_ leases: [Lease]) -> [UnmapRequest.Port] {
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

    /// Deletes entries of the gateway's table that lead to this host, and refuses another's.
    private func deleteByUPnP(
        _ ports: [UnmapRequest.Port], on target: GatewayTarget, _ budget: TimeBudget
    ) async throws {
        let table = try IGDTable(target, budget: budget)
        for port in ports {
            do {
                for entry in try await entries(of: port, in: table) {
                    try await delete(entry, port, from: table, target)
                }
            } catch let error as PortMapperError {
                report.failures.append(
                    .init(transport: port.transport, internalPort: port.number, error: error))
            }
        }
        report.add(table.warnings)
    }

    /// The entries that are meant: the one at an outside port, or those that lead to this host's.
    private func entries(
        of port: UnmapRequest.Port, in table: IGDTable
    ) async throws -> [PortMappingEntry] {
        if case .externalPort = request {
            let key = PortMappingKey(transport: port.transport, externalPort: port.number)
            return try await table.entry(key).map { [$0] } ?? []
        }
        return try await table.entries().entries.filter {
            $0.transport == port.transport && $0.leads(to: table.localAddress, port: port.number)
        }
    }

    private func delete(
        _ entry: PortMappingEntry, _ port: UnmapRequest.Port, from table: IGDTable,
        _ target: GatewayTarget
    ) async throws {
        guard let mapping = Mapping(entry, gateway: target.name, externalAddress: nil, at: .now)
        else { return }
        let key = PortMappingKey(
            transport: port.transport, externalPort: mapping.externalPort,
            remoteHost: mapping.remoteHost)
        let deletion = try await table.delete(
            key, client: table.localAddress, internalPort: mapping.internalPort, isRecorded: false)
        switch deletion {
        case .deleted: report.mappings.append(mapping)
        case .absent: break
        case .foreign:
            report.failures.append(
                .init(
                    transport: port.transport, internalPort: mapping.internalPort,
                    error: .foreign(
                        gateway: target.name, externalPort: mapping.externalPort,
                        client: mapping.internalAddress)))
        }
    }

    private func deleteByNATPMP(
        _ ports: [UnmapRequest.Port], on target: GatewayTarget, _ budget: TimeBudget
    ) async throws {
        let client = NATPMPClient(link: try target.link())
        for port in ports {
            do {
                try await client.unmap(
                    port.transport, internalPort: port.number.rawValue, budget: budget)
            } catch let error as PortMapperError {
                report.failures.append(
                    .init(transport: port.transport, internalPort: port.number, error: error))
            }
        }
    }
}

extension Lease {
    fileprivate var name: String { "\(key.transport.rawValue) \(key.internalPort)" }

    fileprivate var expiryText: String { expiry?.description ?? "no time" }
}
