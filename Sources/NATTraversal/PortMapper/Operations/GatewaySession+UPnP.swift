extension GatewaySession {
    /// How long the search for a gateway's UPnP side may take when other ways have been tried.
    static let searchLimit = Duration.seconds(3)

    /// The connection service, or why there is none.
    func findIGD(
        until limit: ContinuousClock.Instant? = nil
    ) async throws -> IGDFinder.Found {
        let deadline = min(
            patience.deadline, limit ?? patience.deadline, .now + Self.searchLimit)
        let found = try await finder.find(until: deadline)
        patience.hasHeard = true
        return found
    }

    /// Maps by UPnP, and learns the external address with the first mapping.
    func mapByUPnP(_ request: IGDMappingRequest) async throws -> MappingGrant {
        let found = try await findIGD()
        do {
            let grant = try await found.connection.map(request, until: patience.deadline)
            if igdAddress == nil { igdAddress = try await address(of: found) }
            return MappingGrant(
                technique: .upnp,
                externalAddress: igdAddress?.flatMap { IPAddress.v4($0).ifSpecified },
                externalPort: grant.key.externalPort, lifetimeSeconds: grant.lifetimeSeconds,
                isVerified: grant.isVerified)
        } catch let failure as UPnPFailure {
            throw error(failure, of: found)
        }
    }

    /// The external address that the connection told, `.some(nil)` when it has none.
    private func address(of found: IGDFinder.Found) async throws -> IPv4Address?? {
        if let address = found.choice.externalAddress { return address }
        do {
            return .some(try await found.connection.externalAddress(until: patience.deadline))
        } catch is UPnPFailure {
            return .some(nil)
        }
    }

    /// Whether the gateway's table shows a mapping, whatever technique made it.
    ///
    /// - Throws: `PortMapperError` when it does not, or cannot be read; `CancellationError`.
    func verify(_ grant: MappingGrant, of job: MappingJob) async throws {
        let found = try await findIGD()
        let key = PortMappingKey(
            transport: job.key.transport, externalPort: grant.externalPort,
            remoteHost: job.request.remoteHost.map(IPAddress.v4))
        do {
            let entry = try await found.connection.entry(key, until: patience.deadline)
            guard entry?.leads(to: job.key.internalAddress, port: job.key.internalPort) == true
            else {
                throw PortMapperError.badAnswer(
                    gateway: target.name, technique: .upnp,
                    problem: "its table lacks the mapping that it granted")
            }
        } catch let failure as UPnPFailure {
            throw error(failure, of: found)
        }
    }

    private func error(_ failure: UPnPFailure, of found: IGDFinder.Found) -> PortMapperError {
        PortMapperError(
            failure, host: found.device.location.host, service: found.connection.type,
            after: patience.start.duration(to: .now))
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
