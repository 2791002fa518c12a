import Logging

/// Deletes leases on one gateway, each by the technique that made it.
final class UnmapOperation {
    private let target: GatewayTarget
    private let budget: TimeBudget
    private let book: LeaseStore
    private var igd: IGDTable?
    /// Whether what is not there, but was asked for, is kept in mind: the request may be carried out
    /// after its time.
    private var keepsAsked = false

    init(_ target: GatewayTarget, budget: TimeBudget, book: LeaseStore) {
        self.target = target
        self.budget = budget
        self.book = book
    }

    /// Deletes and forgets.
    ///
    /// - Returns: an outcome for each lease; what could not be deleted stays in the file.
    /// - Throws: `CancellationError`.
    @discardableResult
    func run(_ leases: [Lease]) async throws -> [Result<Void, PortMapperError>] {
        var outcomes = [Result<Void, PortMapperError>?](repeating: nil, count: leases.count)
        for address in Set(leases.map(\.sourceAddress)) {
            let indices = leases.indices.filter { leases[$0].sourceAddress == address }
            let results = try await delete(indices.map { leases[$0] }, from: address)
            for (index, result) in zip(indices, results) { outcomes[index] = result }
        }
        let gone = zip(leases, outcomes).compactMap { lease, outcome in
            if case .success = outcome { lease.key } else { nil }
        }
        try await book.remove(Set(gone))
        return outcomes.map { $0 ?? .success(()) }
    }

    /// How long somebody who wants to leave waits for another process's lock of the lease file.
    private static let lockPatience = Duration.seconds(1)

    /// Deletes leases within five seconds.
    ///
    /// It is done although the task may have been cancelled, for the gateway must still be told. What
    /// cannot be deleted stays in the lease file.
    ///
    /// - Returns: an outcome for each lease, and what is wrong with the lease file.
    @discardableResult
    static func letGo(
        _ leases: [Lease], on target: GatewayTarget, leaseFile: LeaseFile
    ) async -> (outcomes: [Result<Void, PortMapperError>], warnings: [MapperWarning]) {
        // A task of its own, which nobody cancels.
        await Task {
            let budget = TimeBudget(limit: .seconds(4), silence: .seconds(1))
            var file = leaseFile
            file.lockPatience = lockPatience
            let book = LeaseStore(file)
            let operation = UnmapOperation(target, budget: budget, book: book)
            operation.keepsAsked = true
            do {
                return (try await operation.run(leases), book.warnings)
            } catch {
                return ([], book.warnings)
            }
        }.value
    }

    /// Deletes leases that are asked for from one address of this host.
    private func delete(
        _ leases: [Lease], from address: IPAddress?
    ) async throws -> [Result<Void, PortMapperError>] {
        var outcomes = [Result<Void, PortMapperError>](
            repeating: .success(()), count: leases.count)
        let byUPnP = leases.indices.filter { leases[$0].technique == .upnp }
        for index in byUPnP { outcomes[index] = try await deleteByUPnP(leases[index]) }
        guard byUPnP.count < leases.count else { return outcomes }
        let link: GatewaySocket
        do throws(PortMapperError) {
            link = if let address { try target.link(from: address) } else { try target.link() }
        } catch {
            for index in leases.indices where leases[index].technique != .upnp {
                outcomes[index] = .failure(error)
            }
            return outcomes
        }
        let byPCP = leases.indices.filter { leases[$0].technique == .pcp }
        let orders = byPCP.map { leases[$0].pcpDelete }
        if !orders.isEmpty {
            let results = try await PCPClient(link: link).unmap(orders, budget: budget)
            for (index, result) in zip(byPCP, results) { outcomes[index] = result }
        }
        for index in leases.indices where leases[index].isDeletedByNATPMP(outcomes[index]) {
            outcomes[index] = try await deleteByNATPMP(leases[index], link)
        }
        return outcomes
    }

    /// Deletes what the lease names and what still leads to its port; an entry that has become
    /// another's stays, and the lease is over.
    private func deleteByUPnP(_ lease: Lease) async throws -> Result<Void, PortMapperError> {
        do {
            let table = try table()
            let deletion = try await table.delete(
                PortMappingKey(
                    transport: lease.key.transport, externalPort: lease.externalPort,
                    remoteHost: lease.remoteHost),
                client: lease.key.internalAddress, internalPort: lease.key.internalPort,
                isRecorded: true)
            switch deletion {
            case .absent where keepsAsked && lease.state == .asked:
                return .failure(
                    .noAnswer(gateway: target.name, after: budget.start.duration(to: .now)))
            case .foreign(let entry):
                log.debug("\(lease.externalPort) now leads to \(displayed(entry)); it stays")
            case .deleted, .absent: break
            }
            return .success(())
        } catch let error as PortMapperError {
            return .failure(error)
        }
    }

    /// The gateway's table, found once.
    private func table() throws -> IGDTable {
        if let igd { return igd }
        let table = try IGDTable(target, budget: budget)
        igd = table
        return table
    }

    private func displayed(_ entry: PortMappingEntry) -> String {
        IPAddress(entry.internalClient)?.description ?? "another host"
    }

    private func deleteByNATPMP(
        _ lease: Lease, _ link: GatewaySocket
    ) async throws -> Result<Void, PortMapperError> {
        do {
            try await NATPMPClient(link: link).unmap(
                lease.key.transport, internalPort: lease.key.internalPort.rawValue,
                budget: budget)
            return .success(())
        } catch let error as PortMapperError {
            return .failure(error)
        }
    }
}

extension Lease {
    /// The address that its requests leave from; `nil` is any, where another host is meant.
    fileprivate var sourceAddress: IPAddress? { isThirdParty ? nil : key.internalAddress }

    fileprivate var pcpDelete: PCPMapRequest {
        PCPMapRequest(
            nonce: nonce ?? .random(), transport: key.transport,
            internalPort: key.internalPort.rawValue, lifetimeSeconds: 0,
            thirdParty: isThirdParty ? key.internalAddress : nil)
    }

    /// Whether NAT-PMP is to delete it: it made it, or its process ended before it was known that
    /// the gateway speaks nothing better.
    fileprivate func isDeletedByNATPMP(_ byPCP: Result<Void, PortMapperError>) -> Bool {
        if technique == .natPMP { return true }
        guard state == .asked, case .failure(.unsupported) = byPCP else { return false }
        return true
    }
}

extension LeaseTable {
    /// Leases of the same gateway, transport and port that lead to another address, made for this
    /// host itself.
    func leases(ofSamePortsAs keys: [Lease.Key]) -> [Lease] {
        let wanted = Set(keys)
        let ports = Set(keys.map(PortOfGateway.init))
        return leases.filter {
            !wanted.contains($0.key) && !$0.isThirdParty && ports.contains(PortOfGateway($0.key))
        }
    }
}

/// A lease's key without the address.
private struct PortOfGateway: Hashable {
    var gateway: String
    var transport: TransportProtocol
    var port: PortNumber

    init(_ key: Lease.Key) {
        gateway = key.gateway
        transport = key.transport
        port = key.internalPort
    }
}
