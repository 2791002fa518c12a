import Logging

/// UPnP as one of three techniques: the gateway's connection service, and its table of mappings.
final class IGDTechnique: MappingTechnique {
    private let finder: any IGDFinding
    private let socket: GatewaySocket
    /// Whether what the finder knows is from an earlier asking.
    private var mayBeStale = false
    /// The external address as it was told since `begin`; `.some(nil)` when there is none.
    private var address: IPv4Address??
    /// How often the gateway's services were found elsewhere than before: with a restart of the
    /// gateway everything moves (S-18).
    private(set) var moveCount = 0

    init(_ finder: any IGDFinding, _ socket: GatewaySocket) {
        self.finder = finder
        self.socket = socket
    }

    func begin() {
        address = nil
        mayBeStale = finder.isReady
    }

    /// The search that may take over from another technique.
    var search: any RivalSearch { finder }

    /// The gateway's device; `nil` while it is not known.
    var device: UPnPDevice? { finder.device }

    /// What is to be said of that device.
    var warnings: [MapperWarning] { finder.warnings }

    /// Searches anew the next time.
    func forget() { finder.forget() }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe {
        let found = try await find(limit)
        let status = try await status(of: found, limit)
        let address = try await externalAddress(limit)
        return TechniqueProbe(externalAddress: address, device: (found.device, status))
    }

    private func status(
        of found: IGDFinder.Found, _ limit: AskLimit
    ) async throws -> IGDStatus? {
        if let status = found.choice.status { return status }
        do {
            return try await found.connection.status(until: limit.budget.deadline)
        } catch is UPnPFailure {
            return nil
        }
    }

    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? {
        try await ask(limit) { found in
            // What was asked to choose a service for an earlier asking is old by now.
            if !mayBeStale, let address = found.choice.externalAddress { return .v4(address) }
            return try await found.connection.externalAddress(until: limit.budget.deadline)
                .map(IPAddress.v4)
        }
    }

    /// One after the other, because small gateways hang when asked at once.
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        try await oneByOne(attempts) { position in
            try await map(attempts[position], limit) { try await record(position, $0) }
        }
    }

    private func map(
        _ attempt: MappingAttempt, _ limit: AskLimit,
        recording record: (PortNumber) async throws -> Void
    ) async throws -> TechniqueAnswer {
        /// The external port that was asked for last, and whether that may have been done though
        /// nobody has said so.
        var (asked, isOpen) = (PortNumber?.none, false)
        func grant() async throws -> MappingGrant {
            try await ask(limit) { found in
                isOpen = false
                do {
                    let grant = try await found.connection.map(
                        attempt.igdRequest, until: limit.budget.deadline
                    ) { key in
                        asked = key.externalPort
                        try await record(key.externalPort)
                    }
                    if address == nil { address = try await knownAddress(of: found, limit) }
                    return mappingGrant(grant)
                } catch let failure as UPnPFailure {
                    isOpen = failure.mayHaveBeenDone
                    throw failure
                }
            }
        }
        let result = try await Result {
            let first = try await grant()
            // What was asked before may have been granted late; deleting it may have taken this
            // mapping along, because in many gateways both are one table.
            return await socket.answerLateGrants() ? try await grant() : first
        }
        return TechniqueAnswer(result: result, openPort: isOpen ? asked : nil)
    }

    private func mappingGrant(_ grant: IGDGrant) -> MappingGrant {
        MappingGrant(
            technique: .upnp, externalAddress: address?.flatMap { IPAddress.v4($0).ifSpecified },
            externalPort: grant.key.externalPort, lifetimeSeconds: grant.lifetimeSeconds,
            isAddressKnown: address != nil, isVerified: grant.isVerified, isNew: grant.isNew)
    }

    /// The external address that the connection told, `.some(nil)` when it has none, `nil` when it
    /// has not answered.
    private func knownAddress(
        of found: IGDFinder.Found, _ limit: AskLimit
    ) async throws -> IPv4Address?? {
        if !mayBeStale, let address = found.choice.externalAddress { return address }
        do {
            return .some(try await found.connection.externalAddress(until: limit.budget.deadline))
        } catch let failure as UPnPFailure {
            return failure == .http(.timeout) ? nil : .some(nil)
        }
    }

    /// Its requests were read back, or never sent.
    func withdraw(_ attempt: MappingAttempt) {}

    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        var outcomes: [Result<Removal, PortMapperError>] = []
        for lease in leases {
            outcomes.append(
                try await Result {
                    let deletion = try await delete(
                        lease.portMappingKey, client: lease.key.internalAddress,
                        internalPort: lease.key.internalPort, isRecorded: true, limit)
                    switch deletion {
                    case .deleted: return .deleted
                    case .absent: return .absent
                    case .foreign(let entry):
                        // The lease is over.
                        let client = IPAddress(entry.internalClient)?.description ?? "another host"
                        log.debug("\(lease.externalPort) now leads to \(client); it stays")
                        return .absent
                    }
                })
        }
        return outcomes
    }

    /// The connection service; the search may bring nothing until the asking's end, and a service
    /// that was found has the command's time.
    private func find(_ limit: AskLimit) async throws -> IGDFinder.Found {
        let longest = limit.budget.searchLimit ?? limit.budget.end - socket.now
        let silence = limit.end.map { max(.zero, $0 - socket.now) } ?? longest
        return try await finder.find(limit.budget, silence: silence)
    }

    /// Asks the connection service, and once more after another search where what was known of it is
    /// stale (S-18).
    private func ask<Answer>(
        _ limit: AskLimit, _ question: (IGDFinder.Found) async throws -> Answer
    ) async throws -> Answer {
        let found = try await find(limit)
        do {
            return try await finder.ask(found, limit.budget, question)
        } catch let failure as UPnPFailure {
            guard mayBeStale, failure.isStale else {
                throw PortMapperError(failure, of: found, since: limit.budget.start)
            }
            log.debug("\(found.device.location.host): its services have moved; searching again")
            mayBeStale = false
            moveCount += 1
            finder.forget()
            return try await ask(limit, question)
        }
    }
}

// The gateway's table, whatever technique made its entries.
extension IGDTechnique {
    /// Deletes an entry that leads to this port of this client, and no other.
    ///
    /// - Parameter isRecorded: whether a lease says that the entry is natctl's.
    func delete(
        _ key: PortMappingKey, client: IPAddress, internalPort: PortNumber, isRecorded: Bool,
        _ limit: AskLimit
    ) async throws -> IGDConnection.Deletion {
        try await ask(limit) { found in
            try await found.connection.delete(
                key, client: client, internalPort: internalPort, isRecorded: isRecorded,
                until: limit.budget.deadline)
        }
    }

    /// An entry; `nil` when there is none.
    func entry(_ key: PortMappingKey, _ limit: AskLimit) async throws -> PortMappingEntry? {
        try await ask(limit) { try await $0.connection.entry(key, until: limit.budget.deadline) }
    }

    /// All entries, everybody's, where reading them ended, and how many could not be read.
    func entries(
        _ limit: AskLimit
    ) async throws -> (entries: [PortMappingEntry], end: IGDConnection.TableEnd, skipped: Int) {
        try await ask(limit) { try await $0.connection.entries(until: limit.budget.deadline) }
    }
}

/// Finds a gateway's connection service: `IGDFinder`, or a test's script.
protocol IGDFinding: RivalSearch {
    /// The gateway's device; `nil` while it is not known.
    var device: UPnPDevice? { get }
    /// What is to be said of that device.
    var warnings: [MapperWarning] { get }
    /// The connection service, within the command's time.
    ///
    /// - Parameter silence: how long the search may bring nothing.
    func find(_ budget: TimeBudget, silence: Duration) async throws -> IGDFinder.Found
    /// Asks the service that was found, or another one of the same gateway.
    func ask<Answer>(
        _ found: IGDFinder.Found, _ budget: TimeBudget,
        _ question: (IGDFinder.Found) async throws -> Answer
    ) async throws -> Answer
    /// Searches anew the next time.
    func forget()
}

extension IGDFinder: IGDFinding {
    func search(until deadline: ContinuousClock.Instant) async {
        _ = try? await find(until: deadline)
    }

    func find(_ budget: TimeBudget, silence: Duration) async throws -> Found {
        try await find(budget, until: nil, silence: silence)
    }
}

extension MappingAttempt {
    /// The UPnP request for it.
    fileprivate var igdRequest: IGDMappingRequest {
        IGDMappingRequest(
            transport: key.transport, internalClient: key.internalAddress,
            internalPort: key.internalPort, externalPort: ladder.variation.suggestion.port,
            isExact: request.isExact, remoteHost: request.remoteHost.map(IPAddress.v4),
            lifetimeSeconds: lifetimeSeconds, description: request.shownDescription,
            plainDescription: request.applicationName.plainDescription)
    }
}

extension Lease {
    /// What identifies its entry in the gateway's table.
    var portMappingKey: PortMappingKey {
        PortMappingKey(
            transport: key.transport, externalPort: externalPort, remoteHost: remoteHost)
    }
}
