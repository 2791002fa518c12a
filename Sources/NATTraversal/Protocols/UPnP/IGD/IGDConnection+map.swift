import Logging

extension IGDConnection {
    /// Makes a mapping, or renews it when the table has it already.
    ///
    /// The entry at the port is read first, because this protocol overwrites: what is not this very
    /// mapping is foreign and stays, and another port is asked for. A success counts only after it
    /// was read back. A request without an answer that makes sense is looked for in the table, and
    /// sent again only when it is not there.
    ///
    /// - Parameters:
    ///   - request: what is wanted.
    ///   - isFollowed: whether the gateway is asked something else next; who does not ask it closes
    ///     the next connection.
    ///   - firstEnd: when to give up reading the table before the first change; `nil` is `deadline`.
    ///   - deadline: when to give up.
    ///   - willAsk: called before each request with what it would make, so that it can be found
    ///     again should the answer never be heard.
    /// - Returns: what was granted.
    /// - Throws: `UPnPFailure`, with code 718 when `request` is exact and its port is foreign; after
    ///   one whose `mayHaveBeenDone` is true the port that was told to `willAsk` last may be open.
    ///   `UPnPUsageError`, `CancellationError`, after which it may be open as well.
    func map(
        _ request: IGDMappingRequest, isFollowed: Bool = false,
        firstReadUntil firstEnd: ContinuousClock.Instant? = nil,
        until deadline: ContinuousClock.Instant,
        willAsk: (PortMappingKey) async throws -> Void = { _ in }
    ) async throws -> IGDGrant {
        var negotiation = IGDNegotiation(
            request, isVersion2: isVersion2, permanentLease: permanentLease,
            isForThisHost: request.internalClient.unmapped == localAddress)
        // Another port has been told so already.
        while let failure = missingActions.failure(of: negotiation.action, at: service) {
            guard negotiation.unsupported() == .ask else { throw failure }
        }
        var previous = try await vacantPort(
            request, &negotiation, until: firstEnd ?? deadline)
        // Where the table had this mapping before.
        var earlier: Set<PortMappingKey> = []
        while true {
            if previous.entry != nil {
                earlier.insert(request.key(at: negotiation.externalPort))
                // AddAnyPortMapping may grant another port to what is there and leave the port it
                // has open: miniupnpd does with a remote host.
                _ = negotiation.unsupported()
            }
            try await willAsk(request.key(at: negotiation.externalPort))
            switch try await ask(request, &negotiation, before: previous, until: deadline) {
            case .granted(let key, let entry):
                let verdict = try await verified(
                    request, key, negotiation, previous: previous, seen: entry,
                    isFollowed: isFollowed, until: deadline)
                switch verdict {
                case .granted(var grant):
                    grant.isNew = grant.isVerified && earlier.isEmpty
                    try await leave(earlier.subtracting([key]), request, until: deadline)
                    return grant
                case .notExtended:
                    log.debug("\(key.externalPort): the lease did not grow; making it anew")
                case .absent:
                    // Some gateways say yes to a lease that is not permanent and do nothing, without
                    // the code for that.
                    guard negotiation.becomePermanent() else {
                        throw UPnPFailure.result("the mapping in the table")
                    }
                    log.debug("\(key.externalPort): not in the table; asking for a permanent lease")
                }
                previous = .vacant
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

    /// Deletes what is left of this mapping at the ports where it was before.
    private func leave(
        _ keys: Set<PortMappingKey>, _ request: IGDMappingRequest,
        until deadline: ContinuousClock.Instant
    ) async throws {
        for key in keys.sorted(by: { $0.externalPort < $1.externalPort }) {
            do {
                _ = try await delete(
                    key, client: request.internalClient, internalPort: request.internalPort,
                    isRecorded: true, until: deadline)
            } catch let failure as UPnPFailure {
                log.warning("\(key.externalPort) could not be closed: \(failure)")
            }
        }
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
            do {
                entry = try await self.entry(key, isFollowed: true, until: deadline)
            } catch let failure as UPnPFailure where failure.isUnreadable {
                log.debug("\(type.name): the table cannot be read: \(failure)")
                return .unread
            }
            guard let entry else { return .vacant }
            if request.isSame(as: entry) { return .mapped(entry) }
            log.debug("\(key.externalPort) is taken by \(entry.internalClient)")
            guard negotiation.moveOn() else { throw UPnPFailure.fault(code: 718, words: nil) }
        }
    }

    /// Sends one request and decides what its answer means, or what the table says in its place.
    private func ask(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation, before: PortState,
        until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        let key = request.key(at: negotiation.externalPort)
        var attempt = 0
        while true {
            let failure: UPnPFailure
            do {
                let patience = Self.patience(attempt: attempt, rest: deadline - now)
                let reply = try await service.invoke(
                    negotiation.action, negotiation.arguments, patience: patience,
                    isFollowed: true, until: deadline)
                return .granted(try key.moved(by: reply, of: negotiation.action), nil)
            } catch let error as UPnPFailure {
                failure = error
            }
            log.debug("\(negotiation.action) \(key.externalPort): \(failure)")
            guard failure.isInconclusive else {
                return try await refused(
                    request, &negotiation, failure, before: before, until: deadline)
            }
            attempt += 1
            let isLast = !failure.isTransient || attempt == Self.changeLimit
            switch try await look(for: key, isPatient: isLast, until: deadline) {
            case .present(let entry) where request.isSame(as: entry):
                return .granted(key, entry)
            case .present:
                return .anotherPort(failure)
            case .absent where negotiation.action == "AddAnyPortMapping" && failure.isUnsupported:
                return try await outcome(
                    of: failure, &negotiation, isPortForeign: false, until: deadline)
            case .absent where negotiation.action == "AddAnyPortMapping" && failure.isSilence:
                // Some gateways hang at it; if only its answer was lost, the other action does too.
                missingActions.add(negotiation.action, of: service, failure)
                _ = negotiation.unsupported()
                return .again
            case .absent:
                guard !isLast, now < deadline else {
                    // A gateway that asks another one may do it after all that time (RFC 6970).
                    throw failure.isSilence ? UPnPFailure.unconfirmed(failure) : failure
                }
            case .unreadable:
                if before == .vacant { _ = try await isDeleted(key, until: deadline) }
                throw UPnPFailure.unconfirmed(failure)
            }
        }
    }

    /// Decides what a refusal means, or a request that was not sent.
    private func refused(
        _ request: IGDMappingRequest, _ negotiation: inout IGDNegotiation, _ failure: UPnPFailure,
        before: PortState, until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        guard failure.mayMeanTakenPort else {
            return try await outcome(
                of: failure, &negotiation, isPortForeign: false, until: deadline)
        }
        // It may have been carried out all the same, or be there from before.
        let key = request.key(at: negotiation.externalPort)
        let entry = try await entryIfAnswered(key, until: deadline)
        let isSame = entry.map(request.isSame)
        if isSame == true, failure.isConflict || before == .vacant { return .granted(key, entry) }
        return try await outcome(
            of: failure, &negotiation, isPortForeign: isSame == false, until: deadline)
    }

    private func outcome(
        of failure: UPnPFailure, _ negotiation: inout IGDNegotiation, isPortForeign: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        // One broken connection is no reason to give AddPortMapping up.
        if negotiation.action == "AddAnyPortMapping" ? failure.isUnsupported : failure.deniesAction
        {
            missingActions.add(negotiation.action, of: service, failure)
        }
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
            try await pause(.seconds(2), until: deadline)
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
