/// One requested mapping on its way through `MapOperation`.
struct MappingJob {
    let request: MappingRequest
    let key: Lease.Key
    /// The live lease of the same port, if there is one.
    let old: Lease?
    let plan: MappingPlan
    /// PCP's secret: the lease's own, or a fresh one.
    let nonce: PCPNonce
    /// What the next request suggests; changes when a port is refused.
    var suggestedPort: PortNumber
    /// The techniques to ask by, best first.
    let techniques: [Technique]
    /// How often another port was tried.
    var portAttempts = 0
    private(set) var outcome: Result<MappingGrant, PortMapperError>?
    /// Why the last technique that was asked failed; decides which is asked next.
    private(set) var latest: (technique: Technique, error: PortMapperError)?
    /// The external port of a UPnP request that has been sent, as long as the gateway has said
    /// neither yes nor no to it.
    var portAskedByUPnP: PortNumber?
    /// The silence that followed that request.
    private var upnpSilence: PortMapperError?
    /// The old mapping, granted again because the new one was refused.
    var restored: MappingGrant?
    /// What was granted, is unwanted, and could not be deleted.
    var leftover: MappingGrant?

    init(
        _ request: MappingRequest, key: Lease.Key, old: Lease?, selection: GatewaySelection,
        isThirdParty: Bool
    ) {
        self.request = request
        self.key = key
        self.old = old
        plan = MappingPlan(request, lease: old, technique: selection.technique)
        nonce = old?.nonce ?? .random()
        suggestedPort =
            plan == .renewal
            ? old?.externalPort ?? request.suggestedExternalPort : request.suggestedExternalPort
        techniques = TechniqueChoice.order(
            only: selection.technique, lease: plan == .renewal ? old?.technique : nil,
            isBeyondNATPMP: isThirdParty || request.remoteHost != nil)
    }

    /// Why it failed, as far as is known; a request that may yet be granted tells more than a
    /// technique that is not there.
    var failure: PortMapperError? {
        switch merged {
        case .closed, .unsupported: upnpSilence ?? merged
        default: merged
        }
    }

    /// What the techniques have said, the most telling of it.
    private var merged: PortMapperError? {
        if case .failure(let error) = outcome { error } else { nil }
    }

    /// What was granted.
    var grant: MappingGrant? {
        if case .success(let grant) = outcome { grant } else { nil }
    }

    /// Takes an outcome; of two failures the more telling one stays.
    mutating func take(_ new: Result<MappingGrant, PortMapperError>, by technique: Technique) {
        if technique == .upnp { heard(new) }
        switch new {
        case .success:
            outcome = new
            latest = nil
        case .failure(let error):
            outcome = .failure(TechniqueChoice.moreTelling(merged, error))
            latest = (technique, error)
        }
    }

    /// Takes what came of a UPnP request, if one was sent.
    private mutating func heard(_ new: Result<MappingGrant, PortMapperError>) {
        guard portAskedByUPnP != nil else { return }
        switch new {
        case .failure(.noAnswer(let gateway, let after)):
            upnpSilence = .noAnswer(gateway: gateway, after: after)
        // It may be the read-back that found nobody.
        case .failure(.closed): break
        default: (portAskedByUPnP, upnpSilence) = (nil, nil)
        }
    }

    /// Whether the last technique that was asked has not answered.
    var isSilent: Bool {
        if case .noAnswer = latest?.error { true } else { false }
    }

    /// Gives up, whatever was granted.
    mutating func fail(_ error: PortMapperError) {
        outcome = .failure(error)
        latest = nil
    }

    /// Whether it is still worth asking by `technique`.
    func goesOn(to technique: Technique) -> Bool {
        guard let latest else { return outcome == nil }
        return TechniqueChoice.goesOn(
            from: latest.technique, after: latest.error, to: technique)
    }
}

/// What a gateway granted, by whatever technique.
struct MappingGrant: Hashable, Sendable {
    var technique: Technique
    /// `nil` when the gateway told none.
    var externalAddress: IPAddress?
    var externalPort: PortNumber
    /// `nil` for a mapping that stays until it is deleted.
    var lifetimeSeconds: UInt32?
    /// Whether the gateway has answered what its external address is.
    var isAddressKnown = true
    /// Whether nothing speaks against its being there: a UPnP success that could not be read back
    /// is none.
    var isVerified = true
    /// Whether the gateway's table was seen without it before.
    var isNew = false
}

extension MappingGrant {
    init(_ grant: PCPClient.Grant) {
        technique = .pcp
        externalAddress = grant.externalAddress.ifSpecified
        externalPort = grant.externalPort
        lifetimeSeconds = grant.lifetime.wholeSeconds
    }
}

extension MappingJob {
    /// The PCP request for this job.
    func pcpOrder(isThirdParty: Bool) -> PCPMapRequest {
        let remoteHost = request.remoteHost.map(IPAddress.v4)
        let isRenewal = plan == .renewal && old?.technique == .pcp
        return PCPMapRequest(
            nonce: nonce, transport: key.transport, internalPort: key.internalPort.rawValue,
            externalPort: suggestedPort.rawValue,
            externalAddress: isRenewal ? old?.externalAddress : nil,
            lifetimeSeconds: max(1, request.lifetime.wholeSeconds),
            thirdParty: isThirdParty ? key.internalAddress : nil, remoteHost: remoteHost,
            clearsFilters: isRenewal && old?.remoteHost != remoteHost,
            prefersFailure: request.isExact, description: request.description)
    }

    /// The NAT-PMP request for this job.
    var natpmpRequest: NATPMPRequest {
        .map(
            key.transport, internalPort: key.internalPort.rawValue,
            suggestedExternalPort: suggestedPort.rawValue,
            lifetimeSeconds: max(1, request.lifetime.wholeSeconds))
    }

    /// The lease as it stands before the gateway has answered.
    func intent(isThirdParty: Bool, at now: Timestamp) -> Lease {
        let lifetimeSeconds = max(1, request.lifetime.wholeSeconds)
        return Lease(
            key: key, state: .asked,
            technique: portAskedByUPnP == nil ? techniques.first ?? .pcp : .upnp, nonce: nonce,
            suggestedExternalPort: request.suggestedExternalPort,
            externalAddress: nil, externalPort: portAskedByUPnP ?? suggestedPort,
            remoteHost: request.remoteHost.map(IPAddress.v4), lifetimeSeconds: lifetimeSeconds,
            expiry: now.advanced(bySeconds: lifetimeSeconds),
            description: request.shownDescription, isThirdParty: isThirdParty,
            created: old?.created ?? now, confirmed: now)
    }

    /// The lease of what was granted.
    func lease(of grant: MappingGrant, isThirdParty: Bool, at now: Timestamp) -> Lease {
        var lease = intent(isThirdParty: isThirdParty, at: now)
        lease.state = .granted
        lease.technique = grant.technique
        lease.nonce = grant.technique == .pcp ? nonce : nil
        lease.externalAddress = grant.externalAddress
        lease.externalPort = grant.externalPort
        if plan == .renewal, request.externalPort == nil, let old {
            lease.suggestedExternalPort = old.suggestedExternalPort
        }
        lease.lifetimeSeconds = grant.lifetimeSeconds
        lease.expiry = grant.lifetimeSeconds.map(now.advanced(bySeconds:))
        lease.unknownMembers = old?.unknownMembers ?? [:]
        return lease
    }
}
