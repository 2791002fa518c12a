import Logging

extension IGDConnection {
    /// What a success is worth.
    enum Verdict {
        case granted(IGDGrant)
        /// The table lacks the mapping; whatever may still come of the request has been deleted.
        case absent
        /// A renewal has left the lease as it was, and the mapping has been deleted.
        case notExtended
    }

    /// Holds a success against the table.
    ///
    /// - Parameters:
    ///   - request: what was wanted.
    ///   - key: what was granted.
    ///   - negotiation: what was asked for in the end.
    ///   - previous: what was at the port before.
    ///   - seen: the entry, where it was read already.
    ///   - isFollowed: whether the gateway is asked something else next.
    ///   - deadline: when to give up.
    /// - Returns: the grant, or why it is none.
    /// - Throws: `UPnPFailure`, `.result` when the gateway has said yes and made something else,
    ///   `.unconfirmed` when it cannot be told what is there; `CancellationError`.
    func verified(
        _ request: IGDMappingRequest, _ key: PortMappingKey, _ negotiation: IGDNegotiation,
        previous: PortState, seen: PortMappingEntry? = nil, isFollowed: Bool = false,
        until deadline: ContinuousClock.Instant
    ) async throws -> Verdict {
        let wasVacant = previous == .vacant && key.externalPort == negotiation.externalPort
        let table: ReadBack
        do {
            table =
                if let seen { .present(seen) } else {
                    try await readBack(
                        key, isPatient: true, isFollowed: isFollowed, until: deadline)
                }
        } catch let failure as UPnPFailure {
            // Of an answer that makes no sense nothing is kept; silence leaves it open.
            guard wasVacant, !failure.isSilence, try await isDeleted(key, until: deadline) else {
                throw UPnPFailure.unconfirmed(failure)
            }
            throw failure
        }
        switch table {
        case .unreadable:
            let lease = negotiation.lease == 0 ? nil : negotiation.lease
            return .granted(IGDGrant(key: key, lifetimeSeconds: lease, isVerified: false))
        case .absent:
            log.debug("\(key.externalPort): granted, but not in the table; deleting it")
            let failure = UPnPFailure.result("the mapping in the table")
            guard try await isDeleted(key, until: deadline) else {
                throw UPnPFailure.unconfirmed(failure)
            }
            return .absent
        case .present(let entry):
            guard request.isSame(as: entry), entry.isEnabled else {
                log.debug("\(key.externalPort): in the table it is not what was asked for")
                let failure = UPnPFailure.result("the mapping in the table")
                guard entry.leads(to: request.internalClient) else { throw failure }
                guard wasVacant, try await isDeleted(key, until: deadline) else {
                    throw UPnPFailure.unconfirmed(failure)
                }
                throw failure
            }
            if let before = previous.entry,
                entry.hasNotGrown(from: before, asked: negotiation.lease)
            {
                _ = try await remove(key, until: deadline, where: request.isSame)
                return .notExtended
            }
            return .granted(
                IGDGrant(
                    key: key, lifetimeSeconds: entry.lease(asked: negotiation.lease),
                    isVerified: true))
        }
    }

    /// What the table says of a request.
    enum ReadBack {
        case present(PortMappingEntry)
        case absent
        /// The gateway refuses to tell.
        case unreadable
    }

    /// Reads an entry.
    ///
    /// - Parameters:
    ///   - key: which one.
    ///   - isPatient: whether one that is not there is read once more after a second: some gateways
    ///     are slow to show what they have done.
    ///   - isFollowed: whether the gateway is asked something else next.
    ///   - deadline: when to give up.
    /// - Returns: what the table shows.
    /// - Throws: `UPnPFailure` that is no refusal, `CancellationError`.
    private func readBack(
        _ key: PortMappingKey, isPatient: Bool, isFollowed: Bool = false,
        until deadline: ContinuousClock.Instant
    ) async throws -> ReadBack {
        do {
            if let entry = try await entry(key, isFollowed: isFollowed, until: deadline) {
                return .present(entry)
            }
            guard isPatient else { return .absent }
            try await pause(.seconds(1), until: deadline)
            return try await entry(key, until: deadline).map { .present($0) } ?? .absent
        } catch let failure as UPnPFailure where failure.isRefusal {
            log.debug("\(key.externalPort): cannot be read back: \(failure)")
            return .unreadable
        }
    }

    /// Looks for what became of a request that has no answer; silence is `.unreadable` too.
    ///
    /// It leaves a little time to delete what cannot be seen.
    func look(
        for key: PortMappingKey, isPatient: Bool, until deadline: ContinuousClock.Instant
    ) async throws -> ReadBack {
        let end = deadline - min(.seconds(2), max(.zero, (deadline - now) / 4))
        do { return try await readBack(key, isPatient: isPatient, until: end) } catch let failure
            as UPnPFailure
        {
            log.debug("\(key.externalPort): cannot be read: \(failure)")
            return .unreadable
        }
    }

    /// An entry; `nil` also where it cannot be read.
    func entryIfAnswered(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws -> PortMappingEntry? {
        do { return try await entry(key, until: deadline) } catch is UPnPFailure { return nil }
    }

    /// Deletes what was made by this request and is not what was wanted, as far as the gateway can.
    ///
    /// - Returns: `false` when the gateway did not say what became of it.
    func isDeleted(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        do {
            _ = try await remove(key, until: deadline)
            return true
        } catch let failure as UPnPFailure {
            log.debug("DeletePortMapping \(key.externalPort): \(failure)")
            return !failure.isSilence && !failure.isInconclusive
        }
    }
}

extension PortMappingEntry {
    /// How far from what was asked a lease may be and still be the same, in seconds; less than half
    /// of it, because that is left when it is renewed.
    private static func tolerance(of asked: UInt32) -> UInt32 { min(10, asked / 4) }

    /// The lease in seconds: what was asked for, or what the table shows where that is shorter.
    ///
    /// Tables show 0, a day, nothing or words for leases that they keep, so a longer lease is not
    /// believed, and one that cannot be read is unknown. `nil`, a lease without an end, is only what
    /// was asked for as such: 0.
    func lease(asked: UInt32) -> UInt32? {
        guard let shown = remainingSeconds else { return asked == 0 ? nil : asked }
        guard asked != 0 else { return shown }
        // The time of asking has passed already.
        return shown >= asked - Self.tolerance(of: asked) ? asked : shown
    }

    /// Whether a renewal has left the lease as it was.
    fileprivate func hasNotGrown(from previous: PortMappingEntry, asked: UInt32) -> Bool {
        guard let before = previous.remainingSeconds, let now = remainingSeconds else {
            return false
        }
        return now < asked - Self.tolerance(of: asked) && now <= before
    }
}
