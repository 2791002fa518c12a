import Logging

extension IGDConnection {
    /// Makes a mapping, or renews it when the table has it already.
    ///
    /// The entry at the port is read first, because this protocol overwrites: what is not this very
    /// mapping is foreign and stays, and another port is asked for. A success counts only after it
    /// was read back.
    ///
    /// - Parameters:
    ///   - request: what is wanted.
    ///   - deadline: when to give up.
    ///   - willAsk: called before each request with what it would make, so that it can be found
    ///     again should the answer never be heard.
    /// - Returns: what was granted.
    /// - Throws: `UPnPFailure`, with code 718 when `request` is exact and its port is foreign;
    ///   `UPnPUsageError`, `CancellationError`.
    func map(
        _ request: IGDMappingRequest, until deadline: ContinuousClock.Instant,
        willAsk: (PortMappingKey) async throws -> Void = { _ in }
    ) async throws -> IGDGrant {
        var negotiation = IGDNegotiation(
            request, isVersion2: isVersion2, permanentLease: permanentLease,
            isForThisHost: request.internalClient.unmapped == localAddress)
        var previous = try await vacantPort(request, &negotiation, until: deadline)
        while true {
            try await willAsk(request.key(at: negotiation.externalPort))
            switch try await ask(request, &negotiation, before: previous, until: deadline) {
            case .granted(let key, let entry):
                var grant = try await verified(
                    request, key, negotiation, previous: previous, seen: entry, until: deadline)
                grant.isNew = grant.isVerified && previous.entry == nil
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
        /// Granted; with the entry, where it was seen already.
        case granted(PortMappingKey, PortMappingEntry?)
        case again
        case anotherPort(UPnPFailure)
    }

    /// Moves the negotiation on until its port is free, or holds this very mapping.
    ///
    /// - Returns: what is at the port.
    private func vacantPort(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation,
        until deadline: ContinuousClock.Instant
    ) async throws -> PortState {
        while true {
            let key = request.key(at: negotiation.externalPort)
            let entry: PortMappingEntry?
            do { entry = try await self.entry(key, until: deadline) } catch let failure
                as UPnPFailure
                where failure.isRefusal
            {
                log.debug("\(type.name): the table cannot be read: \(failure)")
                return .unread
            }
            guard let entry else { return .vacant }
            if request.isSame(as: entry) { return .mapped(entry) }
            log.debug("\(key.externalPort) is taken by \(entry.internalClient)")
            guard negotiation.moveOn() else { throw UPnPFailure.fault(code: 718, words: nil) }
        }
    }

    /// Sends one request and decides what its answer means.
    private func ask(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation, before: PortState,
        until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        let key = request.key(at: negotiation.externalPort)
        let reply: UPnPReply
        do {
            // What is not answered leaves time to look what came of it.
            let look = min(.seconds(1), (deadline - .now) / 2)
            reply = try await service.invoke(
                negotiation.action, negotiation.arguments, until: deadline - look)
        } catch let failure as UPnPFailure {
            log.debug("\(negotiation.action) \(key.externalPort): \(failure)")
            guard failure == .http(.timeout) || [718, 501, 403].contains(failure.code) else {
                return try await outcome(
                    of: failure, &negotiation, isPortForeign: false, until: deadline)
            }
            // It may have been carried out all the same, or be there from before.
            let entry = try await entryIfAnswered(key, until: deadline)
            let isSame = entry.map(request.isSame)
            if isSame == true, failure.code == nil || failure.code == 718 {
                return .granted(key, entry)
            }
            return try await outcome(
                of: failure, &negotiation, isPortForeign: isSame == false, until: deadline)
        }
        do { return .granted(try key.moved(by: reply, of: negotiation.action), nil) } catch {
            // It told no port, so it may have taken the one that it was asked for.
            if before == .vacant, let entry = try await entryIfAnswered(key, until: deadline),
                request.isSame(as: entry)
            {
                try await deleteUnwanted(key, until: deadline)
            }
            throw error
        }
    }

    private func outcome(
        of failure: UPnPFailure, _ negotiation: inout IGDNegotiation, isPortForeign: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        let reaction: IGDNegotiation.Reaction =
            if let code = failure.code {
                negotiation.refused(code, isPortForeign: isPortForeign)
            } else if failure.isUnsupported {
                negotiation.unsupported()
            } else {
                .giveUp
            }
        switch reaction {
        case .ask: return .again
        case .askLater:
            try await clock.sleep(for: min(.seconds(2), max(.zero, deadline - .now)))
            return .again
        case .anotherPort: return .anotherPort(failure)
        case .giveUp: throw failure
        }
    }
}

/// What a port of the table was seen to hold before a mapping was asked for.
enum PortState: Hashable, Sendable {
    case vacant
    /// This very mapping.
    case mapped(PortMappingEntry)
    /// The gateway does not let its table be read.
    case unread

    /// The mapping that was there.
    var entry: PortMappingEntry? { if case .mapped(let entry) = self { entry } else { nil } }
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
