/// The table of one gateway's mappings, as UPnP shows it, with the command's budget.
final class IGDTable {
    private let target: GatewayTarget
    private let budget: TimeBudget
    private let finder: IGDFinder
    /// This host's address towards the gateway.
    let localAddress: IPAddress

    /// - Throws: `PortMapperError` when there is no way to the gateway.
    init(
        _ target: GatewayTarget, others: [GatewayTarget] = [], budget: TimeBudget
    ) throws(PortMapperError) {
        self.target = target
        self.budget = budget
        localAddress = try target.link().local.address
        finder = IGDFinder(target, source: localAddress, others: others)
    }

    /// What is to be said of the device.
    var warnings: [MapperWarning] { finder.warnings }

    /// Deletes an entry that leads to this port of this client.
    func delete(
        _ key: PortMappingKey, client: IPAddress, internalPort: PortNumber, isRecorded: Bool
    ) async throws -> IGDConnection.Deletion {
        try await ask { connection in
            try await connection.delete(
                key, client: client, internalPort: internalPort, isRecorded: isRecorded,
                until: budget.deadline)
        }
    }

    /// An entry; `nil` when there is none.
    func entry(_ key: PortMappingKey) async throws -> PortMappingEntry? {
        try await ask { try await $0.entry(key, until: budget.deadline) }
    }

    /// All entries, everybody's, and where reading them ended.
    func entries() async throws -> (
        entries: [PortMappingEntry], end: IGDConnection.TableEnd, skipped: Int
    ) {
        try await ask { try await $0.entries(until: budget.deadline) }
    }

    /// The external address; `nil` when the gateway has none.
    func externalAddress() async throws -> IPv4Address? {
        try await ask { try await $0.externalAddress(until: budget.deadline) }
    }

    /// The connection service with what it says of its state, where it does.
    func connection() async throws -> (found: IGDFinder.Found, status: IGDStatus?) {
        let found = try await finder.find(budget)
        if let status = found.choice.status { return (found, status) }
        do {
            return (found, try await found.connection.status(until: budget.deadline))
        } catch is UPnPFailure {
            return (found, nil)
        }
    }

    private func ask<Answer>(
        _ question: (IGDConnection) async throws -> Answer
    ) async throws -> Answer {
        try await finder.ask(budget) { try await question($0.connection) }
    }
}
