extension MappingJob {
    /// How often another external port is tried.
    private static let portAttemptLimit = 8

    /// Whether the port was refused and another one is worth asking for.
    func wantsOtherPort(_ technique: Technique) -> Bool {
        guard case .refused(let refusal) = latest?.error, refusal.technique == technique,
            refusal.reaction == .anotherPort, !request.isExact
        else { return false }
        // NAT-PMP has no code for a taken port; "out of resources" is worth one more try (N-3).
        return portAttempts < (technique == .natPMP ? 1 : Self.portAttemptLimit)
    }

    /// Why a grant is not what was demanded; `nil` when it is, or when there is none.
    func objection(gateway: String) -> PortMapperError? {
        guard let grant else { return nil }
        if request.isExact, grant.externalPort != request.suggestedExternalPort {
            return .portTaken(
                gateway: gateway, technique: grant.technique,
                wanted: request.suggestedExternalPort, granted: grant.externalPort)
        }
        guard request.requiresPublic else { return nil }
        return ExternalAddressCheck.failure(
            for: grant.externalAddress, gateway: gateway, technique: grant.technique)
    }

    /// Leaves in the table what is true now.
    func record(in table: inout LeaseTable, isThirdParty: Bool, at now: Timestamp) {
        if let existing = grant ?? leftover {
            table[key] = lease(of: existing, isThirdParty: isThirdParty, at: now)
        } else if let restored, var old {
            old.externalAddress = restored.externalAddress
            old.externalPort = restored.externalPort
            old.lifetimeSeconds = restored.lifetimeSeconds
            old.expiry = restored.lifetimeSeconds.map(now.advanced(bySeconds:))
            old.confirmed = now
            table[key] = old
        } else if !mayStillBeGranted, table[key]?.state == .asked {
            table[key] = nil
        }
    }

    /// Whether the gateway may yet do what was asked: it has said neither yes nor no.
    private var mayStillBeGranted: Bool {
        if case .noAnswer = failure { true } else { portAskedByUPnP != nil }
    }

    /// The warnings that a grant deserves.
    var warnings: [MapperWarning] {
        guard let grant else { return [] }
        var warnings: [MapperWarning] = []
        let name = "\(key.transport.rawValue) \(key.internalPort)"
        if plan != .renewal, grant.externalPort != request.suggestedExternalPort {
            warnings.append(
                MapperWarning(
                    .differentExternalPort,
                    "\(name): external port \(grant.externalPort) was granted instead of "
                        + "\(request.suggestedExternalPort)"))
        }
        warnings += lifetimeWarnings(grant, name)
        if !grant.isVerified {
            warnings.append(
                MapperWarning(
                    .unverified, "\(name): the gateway does not let its table be read back"))
        }
        if request.remoteHost == nil, let warning = SensitivePort.warning(for: key.internalPort) {
            warnings.append(warning)
        }
        return warnings
    }

    private func lifetimeWarnings(_ grant: MappingGrant, _ name: String) -> [MapperWarning] {
        let asked = request.lifetime.wholeSeconds
        guard let granted = grant.lifetimeSeconds else {
            return [
                MapperWarning(
                    .permanentLease,
                    "\(name): the gateway makes permanent mappings only; unmap deletes it")
            ]
        }
        guard granted < asked else { return [] }
        return [
            MapperWarning(
                .shorterLifetime, "\(name): \(granted) s were granted instead of \(asked)")
        ]
    }
}
