import Logging

extension IGDConnection {
    /// Holds a success against the table.
    ///
    /// - Parameters:
    ///   - request: what was wanted.
    ///   - key: what was granted.
    ///   - negotiation: what was asked for in the end.
    ///   - previous: the mapping as it was before, when this was a renewal.
    ///   - deadline: when to give up.
    /// - Returns: the grant, with the lease that the table shows.
    /// - Throws: `UPnPFailure.result` when the gateway has said yes and done nothing.
    func verified(
        _ request: IGDMappingRequest, _ key: PortMappingKey, _ negotiation: IGDNegotiation,
        previous: PortMappingEntry?, until deadline: ContinuousClock.Instant
    ) async throws -> IGDGrant {
        var entry = try await readBack(key, until: deadline)
        if case .absent = entry {
            // Some gateways are slow to show what they have done.
            try await clock.sleep(for: .seconds(1))
            entry = try await readBack(key, until: deadline)
        }
        switch entry {
        case .unreadable:
            let lease = negotiation.lease == 0 ? nil : negotiation.lease
            return IGDGrant(key: key, lifetimeSeconds: lease, isVerified: false)
        case .absent:
            log.debug("\(key.externalPort): granted, but not in the table; deleting it")
            _ = try? await service.invoke("DeletePortMapping", key.arguments, until: deadline)
            throw UPnPFailure.result("the mapping in the table")
        case .present(let entry):
            guard request.isSame(as: entry), entry.isEnabled else {
                throw UPnPFailure.result("the mapping in the table")
            }
            if let previous, entry.hasNotGrown(from: previous, asked: negotiation.lease) {
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

    private func readBack(
        _ key: PortMappingKey, until deadline: ContinuousClock.Instant
    ) async throws -> ReadBack {
        do {
            return try await entry(key, until: deadline).map { .present($0) } ?? .absent
        } catch let failure as UPnPFailure {
            log.debug("\(key.externalPort): cannot be read back: \(failure)")
            return .unreadable
        }
    }

    /// Deletes a mapping that a renewal has not made last longer, and makes it anew.
    private func replaced(
        _ request: IGDMappingRequest, _ key: PortMappingKey, _ negotiation: IGDNegotiation,
        until deadline: ContinuousClock.Instant
    ) async throws -> IGDGrant {
        log.debug("\(key.externalPort): renewing did not extend the lease; making it anew")
        _ = try await service.invoke("DeletePortMapping", key.arguments, until: deadline)
        _ = try await service.invoke("AddPortMapping", negotiation.arguments, until: deadline)
        return try await verified(request, key, negotiation, previous: nil, until: deadline)
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
