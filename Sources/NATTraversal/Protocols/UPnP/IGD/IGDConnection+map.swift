import Logging

extension IGDConnection {
    /// Makes a mapping, or renews it when the table has it already.
    ///
    /// The entry at the port is read first, because this protocol overwrites: what is not this very
    /// mapping is foreign and stays, and another port is asked for. A success counts only after it
    /// was read back.
    ///
    /// - Throws: `UPnPFailure`, with code 718 when `request` is exact and its port is foreign;
    ///   `UPnPUsageError`, `CancellationError`.
    func map(
        _ request: IGDMappingRequest, until deadline: ContinuousClock.Instant
    ) async throws -> IGDGrant {
        var negotiation = IGDNegotiation(
            request, isVersion2: isVersion2, permanentLease: permanentLease,
            isForThisHost: request.internalClient.unmapped == localAddress)
        var previous = try await vacantPort(request, &negotiation, until: deadline)
        while true {
            switch try await ask(request, &negotiation, until: deadline) {
            case .granted(let key):
                var grant = try await verified(
                    request, key, negotiation, previous: previous, until: deadline)
                grant.isNew = grant.isVerified && previous == nil
                return grant
            case .again:
                continue
            case .anotherPort(let refusal):
                guard negotiation.moveOn() else { throw refusal }
                previous = try await vacantPort(request, &negotiation, until: deadline)
            }
        }
    }

    private enum Outcome {
        case granted(PortMappingKey)
        case again
        case anotherPort(UPnPFailure)
    }

    /// Moves the negotiation on until its port is free, or holds this very mapping.
    ///
    /// - Returns: the mapping as it is in the table already; a gateway whose table cannot be read
    ///   gives `nil`.
    private func vacantPort(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation,
        until deadline: ContinuousClock.Instant
    ) async throws -> PortMappingEntry? {
        while true {
            let key = request.key(at: negotiation.externalPort)
            let entry: PortMappingEntry?
            do { entry = try await self.entry(key, until: deadline) } catch let failure
                as UPnPFailure
                where failure.code != nil || failure.isUnsupported
            {
                log.debug("\(type.name): the table cannot be read: \(failure)")
                return nil
            }
            guard let entry else { return nil }
            if request.isSame(as: entry) { return entry }
            log.debug("\(key.externalPort) is taken by \(entry.internalClient)")
            guard negotiation.moveOn() else { throw UPnPFailure.fault(code: 718, words: nil) }
        }
    }

    /// Sends one request and decides what its answer means.
    private func ask(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation,
        until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        let key = request.key(at: negotiation.externalPort)
        do {
            let reply = try await service.invoke(
                negotiation.action, negotiation.arguments, until: deadline)
            return .granted(try key.moved(by: reply, of: negotiation.action))
        } catch let failure as UPnPFailure {
            log.debug("\(negotiation.action) \(key.externalPort): \(failure)")
            if failure == .http(.timeout) || [718, 501].contains(failure.code) {
                // It may have been carried out all the same, or be there from before.
                let entry = try? await entry(key, until: .now + .upnpRequest)
                if let entry, request.isSame(as: entry), failure.code != 501 {
                    return .granted(key)
                }
                guard failure.code != nil else { throw failure }
                return try outcome(
                    of: failure, &negotiation, isPortForeign: entry.map { !request.isSame(as: $0) })
            }
            return try outcome(of: failure, &negotiation, isPortForeign: nil)
        }
    }

    private func outcome(
        of failure: UPnPFailure, _ negotiation: inout IGDNegotiation, isPortForeign: Bool?
    ) throws(UPnPFailure) -> Outcome {
        let reaction: IGDNegotiation.Reaction =
            if let code = failure.code {
                negotiation.refused(code, isPortForeign: isPortForeign ?? false)
            } else if failure.isUnsupported {
                negotiation.unsupported()
            } else {
                .giveUp
            }
        switch reaction {
        case .ask: return .again
        case .anotherPort: return .anotherPort(failure)
        case .giveUp: throw failure
        }
    }
}

extension IGDMappingRequest {
    /// What identifies the mapping at this outside port.
    func key(at port: PortNumber) -> PortMappingKey {
        PortMappingKey(transport: transport, externalPort: port, remoteHost: remoteHost)
    }
}

extension PortMappingKey {
    /// The key of what was granted: AddAnyPortMapping tells the port.
    fileprivate func moved(
        by reply: UPnPReply, of action: String
    ) throws(UPnPFailure) -> PortMappingKey {
        guard action == "AddAnyPortMapping" else { return self }
        guard let port = PortNumber(try reply.required("NewReservedPort")) else {
            throw .result("NewReservedPort")
        }
        var key = self
        key.externalPort = port
        return key
    }
}
