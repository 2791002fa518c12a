import Logging

/// UPnP as a mapping technique: the gateway's connection service, and its table of mappings.
final class IGDTechnique: UPnPTechnique {
    private let service: GatewayServiceAsker<IGDChoice>
    private let socket: GatewaySocket
    /// The external address reported since `begin`; `.some(nil)` when the gateway has none.
    private var address: IPv4Address??
    /// Whether it was asked for since `begin`, for a gateway that does not tell it.
    private var hasAskedAddress = false
    /// The actions that the gateway's services lack, as far as is known since `begin`.
    private var missingActions = MissingActions()

    init(_ finder: any ServiceFinding<IGDChoice>, _ socket: GatewaySocket) {
        service = GatewayServiceAsker(finder, socket)
        self.socket = socket
    }

    func begin() {
        address = nil
        hasAskedAddress = false
        missingActions = MissingActions()
        service.begin()
    }

    private var finder: any ServiceFinding<IGDChoice> { service.finder }

    /// How often the gateway's services have moved, which a restart of the gateway causes (S-18).
    var moveCount: Int { service.moveCount }

    /// The search that may take over from another technique.
    var search: any RivalSearch { finder }

    /// The gateway's device; `nil` while it is not known.
    var device: UPnPDevice? { finder.device }

    /// The warnings about that device.
    var warnings: [MapperWarning] { finder.warnings }

    /// The connection service; `nil` while it is not known.
    var known: IGDFinder.Found? { finder.known }

    /// Asks the service that another session has found; where it has moved, it is searched for.
    func begin(with found: IGDFinder.Found) {
        finder.keep(found)
        begin()
    }

    /// Why the last search found nothing that can be used; `nil` when it found something, or was
    /// broken off.
    var problem: PortMapperError? { finder.lastProblem }

    /// Forgets the service, so that the next call searches again.
    func forget() { finder.forget() }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe {
        let found = try await service.find(limit)
        let status = try await status(of: found, limit)
        let address = try await externalAddress(limit)
        return TechniqueProbe(externalAddress: address, device: (found.device, status))
    }

    private func status(
        of found: IGDFinder.Found, _ limit: AskLimit
    ) async throws -> IGDStatus? {
        if let status = found.choice.status { return status }
        do {
            return try await found.connection.status(until: service.firstDeadline(limit))
        } catch is UPnPFailure {
            return nil
        }
    }

    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? {
        try await service.ask(limit) { found in
            // The address that helped to choose a service earlier may have changed.
            if !service.mayBeStale, let address = found.choice.externalAddress {
                return .v4(address)
            }
            return try await found.connection.externalAddress(until: service.firstDeadline(limit))
                .map(IPAddress.v4)
        }
    }

    /// Maps one port at a time, because small gateways hang on simultaneous requests.
    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        func map(_ position: Int, at port: PortNumber?) async throws -> TechniqueAnswer {
            var request = attempts[position].igdRequest
            if let port { request.externalPort = port }
            return try await self.map(request, limit) { try await record(position, $0) }
        }
        var answers = try await oneByOne(attempts) { try await map($0, at: nil) }
        guard await socket.answerLateGrants() else { return answers }
        // Earlier requests were granted late; deleting those grants may have deleted these mappings
        // as well, because in many gateways both are in one table. What is still there stays where
        // it is.
        for position in answers.indices {
            guard case .success(let grant) = answers[position].result else { continue }
            answers[position] = try await map(position, at: grant.externalPort)
            if case .failure(.noAnswer) = answers[position].result {
                answers[position].openPort = answers[position].openPort ?? grant.externalPort
            }
        }
        return answers
    }

    private func map(
        _ request: IGDMappingRequest, _ limit: AskLimit,
        recording record: (PortNumber) async throws -> Void
    ) async throws -> TechniqueAnswer {
        /// The external port of the last request, and whether the gateway may have carried it out
        /// without confirming it.
        var (asked, isOpen) = (PortNumber?.none, false)
        let result = try await Result {
            try await service.ask(limit) { found in
                isOpen = false
                var connection = found.connection
                connection.missingActions = missingActions
                let lacksAddress = address == nil && !hasAskedAddress
                defer { connection.service.http.closeNextConnection() }
                do {
                    let grant = try await connection.map(
                        request, isFollowed: lacksAddress,
                        firstReadUntil: service.firstDeadline(limit), until: limit.budget.deadline
                    ) { key in
                        asked = key.externalPort
                        try await record(key.externalPort)
                    }
                    if lacksAddress {
                        address = try await knownAddress(of: found, limit)
                        hasAskedAddress = true
                    }
                    return mappingGrant(grant)
                } catch let failure as UPnPFailure {
                    isOpen = failure.mayHaveBeenDone
                    throw failure
                }
            }
        }
        return TechniqueAnswer(result: result, openPort: isOpen ? asked : nil)
    }

    private func mappingGrant(_ grant: IGDGrant) -> MappingGrant {
        MappingGrant(
            technique: .upnp, externalAddress: address?.flatMap { IPAddress.v4($0).ifSpecified },
            externalPort: grant.key.externalPort, lifetimeSeconds: grant.lifetimeSeconds,
            isAddressKnown: address != nil, isVerified: grant.isVerified, isNew: grant.isNew)
    }

    /// The external address that the connection reports; `.some(nil)` when it has none, `nil` when
    /// it has not said.
    private func knownAddress(
        of found: IGDFinder.Found, _ limit: AskLimit
    ) async throws -> IPv4Address?? {
        if !service.mayBeStale, let address = found.choice.externalAddress { return address }
        // The mapping stands without it.
        let end = found.connection.optionalDeadline(limit.budget.deadline)
        do { return .some(try await found.connection.externalAddress(until: end)) } catch let
            failure
            as UPnPFailure
        {
            log.debug("\(found.device.location.host): no external address told: \(failure)")
            return nil
        }
    }

    /// Does nothing: UPnP's requests were read back, or never sent.
    func withdraw(_ attempt: MappingAttempt) {}

    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        try await oneByOne(leases) { lease in
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
        }
    }
}

// The gateway's table, whichever technique made its entries.
extension IGDTechnique {
    /// Deletes an entry that leads to this port of this client, and no other.
    ///
    /// - Parameters:
    ///   - key: the entry.
    ///   - client: the host that the entry must lead to.
    ///   - internalPort: the port that the entry must lead to.
    ///   - isRecorded: whether a lease says that the entry is natctl's.
    ///   - limit: how long it may take.
    /// - Returns: the outcome.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func delete(
        _ key: PortMappingKey, client: IPAddress, internalPort: PortNumber, isRecorded: Bool,
        _ limit: AskLimit
    ) async throws -> IGDConnection.Deletion {
        try await service.ask(limit) { found in
            try await found.connection.delete(
                key, client: client, internalPort: internalPort, isRecorded: isRecorded,
                until: limit.budget.deadline)
        }
    }

    /// An entry; `nil` when there is none.
    func entry(_ key: PortMappingKey, _ limit: AskLimit) async throws -> PortMappingEntry? {
        try await service.ask(limit) {
            try await $0.connection.entry(key, until: limit.deadline)
        }
    }

    /// Reads all entries, including those of other hosts.
    ///
    /// - Parameter limit: how long it may take.
    /// - Returns: the entries, where reading ended, and how many could not be read.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func entries(
        _ limit: AskLimit
    ) async throws -> (entries: [PortMappingEntry], end: IGDConnection.TableEnd, skipped: Int) {
        try await service.ask(limit) {
            try await $0.connection.entries(until: limit.budget.deadline)
        }
    }
}

extension MappingAttempt {
    /// The UPnP request for it.
    fileprivate var igdRequest: IGDMappingRequest {
        IGDMappingRequest(
            transport: key.transport, internalClient: key.internalAddress,
            internalPort: key.internalPort, externalPort: ladder.variation.suggestion.port,
            isExact: request.isExact, remoteHost: request.remoteHost,
            lifetimeSeconds: lifetimeSeconds, description: request.shownDescription,
            plainDescription: request.applicationName.plainDescription)
    }
}

extension Lease {
    /// The key of its entry in the gateway's table.
    var portMappingKey: PortMappingKey {
        PortMappingKey(
            transport: key.transport, externalPort: externalPort, remoteHost: remoteHost)
    }
}
