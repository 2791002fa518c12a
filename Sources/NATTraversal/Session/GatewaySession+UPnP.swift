import Logging

extension GatewaySession {
    /// Maps by UPnP, and learns the external address with the first mapping.
    ///
    /// - Parameters:
    ///   - request: what is wanted.
    ///   - limit: when to give up a gateway that is not found, if that is earlier.
    ///   - willAsk: called before each request with what it would make.
    /// - Returns: what was granted.
    /// - Throws: `PortMapperError`, `CancellationError`.
    func mapByUPnP(
        _ request: IGDMappingRequest, until limit: ContinuousClock.Instant? = nil,
        willAsk: (PortMappingKey) async throws -> Void
    ) async throws -> MappingGrant {
        try await askIGD(until: limit) { found in
            let grant = try await found.connection.map(
                request, until: budget.deadline, willAsk: willAsk)
            if igdAddress == nil { igdAddress = try await address(of: found) }
            return MappingGrant(
                technique: .upnp,
                externalAddress: igdAddress?.flatMap { IPAddress.v4($0).ifSpecified },
                externalPort: grant.key.externalPort, lifetimeSeconds: grant.lifetimeSeconds,
                isAddressKnown: igdAddress != nil, isVerified: grant.isVerified,
                isNew: grant.isNew)
        }
    }

    /// Asks the connection service, and once more after another search where what was known of it is
    /// stale: with a restart of the gateway everything moves (S-18).
    private func askIGD<Answer>(
        until limit: ContinuousClock.Instant? = nil,
        _ question: (IGDFinder.Found) async throws -> Answer
    ) async throws -> Answer {
        let found = try await finder.find(budget, until: limit)
        do {
            return try await finder.ask(found, budget, question)
        } catch let failure as UPnPFailure {
            guard mayBeStale, failure.isStale else {
                throw PortMapperError(failure, of: found, since: budget.start)
            }
            log.debug("\(found.device.location.host): its services have moved; searching again")
            mayBeStale = false
            hasMoved = true
            finder.forget()
            return try await askIGD(until: limit, question)
        }
    }

    /// The external address that the connection told, `.some(nil)` when it has none, `nil` when it
    /// has not answered.
    private func address(of found: IGDFinder.Found) async throws -> IPv4Address?? {
        // What was asked to choose a service for an earlier asking is old by now.
        if !mayBeStale, let address = found.choice.externalAddress { return address }
        do {
            return .some(try await found.connection.externalAddress(until: budget.deadline))
        } catch let failure as UPnPFailure {
            return failure.isSilence ? nil : .some(nil)
        }
    }

    /// The external address at present; `nil` when the connection has none.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    func externalAddressByUPnP() async throws -> IPAddress? {
        try await askIGD { found in
            try await found.connection.externalAddress(until: budget.deadline).map(IPAddress.v4)
        }
    }

    /// Whether the gateway's table shows a mapping, whatever technique made it.
    ///
    /// - Throws: `PortMapperError` when it does not, or cannot be read; `CancellationError`.
    func verify(_ grant: MappingGrant, of job: MappingJob) async throws {
        let key = PortMappingKey(
            transport: job.key.transport, externalPort: grant.externalPort,
            remoteHost: job.request.remoteHost.map(IPAddress.v4))
        guard
            try await hasMapping(
                key, to: job.key.internalAddress, port: job.key.internalPort)
        else { throw missingMapping }
    }

    /// The gateway's table lacks what it granted.
    var missingMapping: PortMapperError {
        .badAnswer(
            gateway: target.name, technique: .upnp,
            problem: "its table lacks the mapping that it granted")
    }

    /// Whether the gateway's table has an entry that leads to this port.
    ///
    /// - Throws: `PortMapperError` when the table cannot be read, `CancellationError`.
    func hasMapping(
        _ key: PortMappingKey, to client: IPAddress, port: PortNumber
    ) async throws -> Bool {
        try await askIGD { found in
            let entry = try await found.connection.entry(key, until: budget.deadline)
            return entry?.leads(to: client, port: port) == true
        }
    }
}

extension MappingJob {
    /// The UPnP request for this job.
    var igdRequest: IGDMappingRequest {
        IGDMappingRequest(
            transport: key.transport, internalClient: key.internalAddress,
            internalPort: key.internalPort, externalPort: suggestedPort,
            isExact: request.isExact, remoteHost: request.remoteHost.map(IPAddress.v4),
            lifetimeSeconds: max(1, request.lifetime.wholeSeconds),
            description: request.shownDescription)
    }
}
