extension MappingJob {
    /// How often another external port is tried.
    private static let portAttemptLimit = 8

    /// Whether the port was refused and another one is worth asking for.
    func wantsOtherPort(_ technique: Technique) -> Bool {
        guard case .refused(let refusal) = failure, refusal.technique == technique,
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
        if let grant {
            table[key] = lease(of: grant, isThirdParty: isThirdParty, at: now)
        } else if let restored, var old {
            old.externalAddress = restored.externalAddress
            old.externalPort = restored.externalPort
            old.lifetimeSeconds = restored.lifetimeSeconds
            old.expiry = now.advanced(bySeconds: restored.lifetimeSeconds)
            old.confirmed = now
            table[key] = old
        } else if plan != .renewal, !mayStillBeGranted, table[key]?.state == .asked {
            table[key] = nil
        }
    }

    /// Whether the gateway may yet do what was asked: it has said neither yes nor no.
    private var mayStillBeGranted: Bool {
        if case .noAnswer = failure { true } else { false }
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
        if grant.lifetimeSeconds < request.lifetime.wholeSeconds {
            warnings.append(
                MapperWarning(
                    .shorterLifetime,
                    "\(name): \(grant.lifetimeSeconds) s were granted instead of "
                        + "\(request.lifetime.wholeSeconds)"))
        }
        if request.remoteHost == nil, let warning = SensitivePort.warning(for: key.internalPort) {
            warnings.append(warning)
        }
        return warnings
    }
}
