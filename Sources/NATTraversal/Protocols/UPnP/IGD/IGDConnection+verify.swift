import Logging

extension IGDConnection {
    /// Holds a success against the table.
    ///
    /// - Parameters:
    ///   - request: what was wanted.
    ///   - key: what was granted.
    ///   - negotiation: what was asked for in the end.
    ///   - previous: what was at the port before.
    ///   - seen: the entry, where it was read already.
    ///   - deadline: when to give up.
    /// - Returns: the grant, with the lease that the table shows.
    /// - Throws: `UPnPFailure`, `.result` when the gateway has said yes and done nothing, or something
    ///   else; `CancellationError`.
    func verified(
        _ request: IGDMappingRequest, _ key: PortMappingKey, _ negotiation: IGDNegotiation,
        previous: PortState, seen: PortMappingEntry? = nil,
        until deadline: ContinuousClock.Instant
    ) async throws -> IGDGrant {
        let wasVacant = previous == .vacant && key.externalPort == negotiation.externalPort
        let table: ReadBack
        do {
            table = if let seen { .present(seen) } else { try await readBack(key, until: deadline) }
        } catch let failure as UPnPFailure {
            // Of an answer that makes no sense nothing is kept; silence leaves it open.
            if case .http = failure { throw failure }
            if wasVacant { try await deleteUnwanted(key, until: deadline) }
            throw failure
        }
        switch table {
        case .unreadable:
            let lease = negotiation.lease == 0 ? nil : negotiation.lease
            return IGDGrant(key: key, lifetimeSeconds: lease, isVerified: false)
        case .absent:
            log.debug("\(key.externalPort): granted, but not in the table; deleting it")
            try await deleteUnwanted(key, until: deadline)
            throw UPnPFailure.result("the mapping in the table")
        case .present(let entry):
            guard request.isSame(as: entry), entry.isEnabled else {
                log.debug("\(key.externalPort): in the table it is not what was asked for")
                if wasVacant, entry.leads(to: request.internalClient) {
                    try await deleteUnwanted(key, until: deadline)
                }
                throw UPnPFailure.result("the mapping in the table")
            }
            if let before = previous.entry,
                entry.hasNotGrown(from: before, asked: negotiation.lease)
            {
                return try await replaced(request, key, negotiation, until: deadline)
            }
            return IGDGrant(
                key: key, lifetimeSeconds: entry.lease(asked: negotiation.lease), isVerified: true)
        }
    }

    private enum ReadBack {
        case present(PortMappingEntry)
        case absent
        /// The gateway refuses to tell.
        case unreadable
    }

    /// Reads an entry, and once more after a second: some gateways are slow to show what they have
    /// done.
    private func readBack(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws -> ReadBack {
        do {
            if let entry = try await entry(key, until: deadline) { return .present(entry) }
            try await clock.sleep(for: min(.seconds(1), max(.zero, deadline - .now)))
            return try await entry(key, until: deadline).map { .present($0) } ?? .absent
        } catch let failure as UPnPFailure where failure.isRefusal {
            log.debug("\(key.externalPort): cannot be read back: \(failure)")
            return .unreadable
        }
    }

    /// An entry; `nil` also where it cannot be read.
    func entryIfAnswered(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws -> PortMappingEntry? {
        do { return try await entry(key, until: deadline) } catch is UPnPFailure { return nil }
    }

    /// Deletes what was made by this request and is not what was wanted, as far as the gateway
    /// can; only silence leaves open what is there now.
    func deleteUnwanted(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws {
        do {
            _ = try await service.invoke("DeletePortMapping", key.arguments, until: deadline)
        } catch let failure as UPnPFailure where failure != .http(.timeout) {}
    }

    /// Deletes a mapping that a renewal has not made last longer, and makes it anew.
    private func replaced(
        _ request: IGDMappingRequest, _ key: PortMappingKey, _ negotiation: IGDNegotiation,
        until deadline: ContinuousClock.Instant
    ) async throws -> IGDGrant {
        log.debug("\(key.externalPort): renewing did not extend the lease; making it anew")
        _ = try await service.invoke("DeletePortMapping", key.arguments, until: deadline)
        _ = try await service.invoke("AddPortMapping", negotiation.arguments, until: deadline)
        return try await verified(request, key, negotiation, previous: .vacant, until: deadline)
    }
}

extension PortMappingEntry {
    /// How far from what was asked a lease may be and still be the same, in seconds.
    private static let tolerance: UInt32 = 10

    /// The lease in seconds, as it was asked when only the time of asking has passed; `nil` when it
    /// is permanent, which some gateways make of every lease.
    fileprivate func lease(asked: UInt32) -> UInt32? {
        guard let remainingSeconds else { return nil }
        let (nearest, _) = remainingSeconds.addingReportingOverflow(Self.tolerance)
        return remainingSeconds <= asked && nearest >= asked ? asked : remainingSeconds
    }

    /// Whether a renewal has left the lease as it was.
    fileprivate func hasNotGrown(from previous: PortMappingEntry, asked: UInt32) -> Bool {
        guard let before = previous.remainingSeconds, let now = remainingSeconds else {
            return false
        }
        let isLessThanAsked = now < asked.subtractingReportingOverflow(Self.tolerance).partialValue
        return asked > Self.tolerance && isLessThanAsked && now <= before
    }
}
