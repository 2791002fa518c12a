/// One requested mapping on one gateway, from the request to its outcome.
struct MappingAttempt: Sendable {
    let request: MappingRequest
    let key: Lease.Key
    /// Whether the mapping leads to another host than this one.
    let isThirdParty: Bool
    /// The live lease of the same port, if there is one.
    let old: Lease?
    let plan: MappingPlan
    /// Whether a mapping that a later command has moved is followed.
    private let follows: Bool
    /// PCP's secret: the lease's own, or a fresh one.
    let nonce: PCPNonce
    /// Decides the technique to ask and the form of the request.
    var ladder: TechniqueLadder
    /// The grant, if there is one.
    private(set) var grant: MappingGrant?
    /// Why it failed for all techniques, or could not be asked at all.
    private var verdict: PortMapperError?
    /// The external port of a UPnP request that may have been carried out, because the gateway has
    /// neither confirmed nor refused it; also of one that an earlier process has made.
    var openPort: PortNumber?
    /// The technique that the lease file says is asked.
    var recordedTechnique: Technique?
    /// The external port that the lease file says is asked for.
    private(set) var recordedPort: PortNumber
    /// Whether no technique is left to be asked.
    var isSettled = false
    /// Whether the gateway has not deleted the old mapping, whose lease stays.
    var isOldLeft = false
    /// The old mapping, granted again because the new one was refused.
    var restored: MappingGrant?
    /// Whether the old mapping was asked for again, and may be there although nobody has said so.
    var mayBeRestored = false
    /// An unwanted grant that could not be deleted.
    var leftover: MappingGrant?

    /// - Parameters:
    ///   - request: the wanted mapping.
    ///   - key: the lease's key.
    ///   - isThirdParty: whether the mapping leads to another host than this one.
    ///   - old: the live lease of that key.
    ///   - terms: the terms of the command.
    init(
        _ request: MappingRequest, key: Lease.Key, isThirdParty: Bool, old: Lease?, _ terms: Terms
    ) {
        self.request = request
        self.key = key
        self.isThirdParty = isThirdParty
        self.old = old
        plan = MappingPlan(
            request, lease: old, technique: terms.only, standing: terms.standing)
        follows = terms.standing != nil
        nonce = old?.nonce ?? .random()
        let remembered = plan == .renewal ? old : nil
        let order = Self.order(
            request.family,
            only: terms.renewsOnly ? remembered?.technique ?? terms.only : terms.only,
            remembered: remembered?.technique, isForThirdParty: isThirdParty,
            hasRemoteHost: request.remoteHost != nil)
        ladder = TechniqueLadder(
            order, port: remembered?.externalPort ?? request.suggestedExternalPort(for: key),
            isExact: request.isExact,
            takesAnyPort: request.takesAnyExternalPort && request.family == .ipv4
                && remembered == nil && request.former == nil,
            hasOptions: request.isExact || request.description != nil,
            isRenewal: remembered != nil, isPinhole: request.family == .ipv6,
            isLeftAlone: terms.renewsOnly && remembered != nil, searchLimit: terms.searchLimit,
            silenceEnd: terms.silenceEnd, isKnownSilent: terms.isKnownSilent,
            openTechnique: remembered?.state == .asked ? remembered?.technique : nil)
        if let remembered, remembered.state == .asked, remembered.technique == .upnp {
            openPort = remembered.externalPort
        }
        recordedTechnique = order.first
        recordedPort = ladder.variation.suggestion.port
        if plan == .contested { verdict = .unmappedElsewhere(gateway: key.gateway) }
        if let problem = request.problem { verdict = .inexpressible(problem) }
        if order.isEmpty {
            verdict = .inexpressible(
                request.family == .ipv6
                    ? "NAT-PMP does not support IPv6; use PCP or UPnP"
                    : "NAT-PMP can neither limit a mapping to one peer nor map for another host; "
                        + "use PCP or UPnP")
        }
    }

    /// An attempt for which the gateway could not be asked.
    init(_ request: MappingRequest, of target: GatewayTarget, failing error: PortMapperError) {
        let key = Lease.Key(
            gateway: target.name, transport: request.transport,
            internalAddress: request.internalAddress ?? request.family.unspecified,
            internalPort: request.internalPort)
        self.init(request, key: key, isThirdParty: false, old: nil, Terms())
        verdict = error
    }

    /// The terms that all ports of one command share.
    struct Terms {
        /// The only technique to use; `nil` allows all.
        var only: Technique?
        /// Of a process that has held the port before; `nil` for a new command.
        var standing: MappingPlan.Standing?
        /// Whether only a lease's own technique renews it, and silence changes nothing.
        var renewsOnly = false
        /// How long to search for UPnP at most; `nil` is the command's time.
        var searchLimit: Duration?
        /// When to give up a silent gateway.
        var silenceEnd: ContinuousClock.Instant?
        /// Whether an earlier run has found PCP and NAT-PMP silent.
        var isKnownSilent = false
    }

    /// The techniques that may be asked, best first: PCP, then NAT-PMP, then UPnP, with the
    /// technique of a live lease before them.
    ///
    /// A limit to one peer goes by UPnP first: common PCP servers accept a filter and do not
    /// enforce it (N-20). NAT-PMP knows no IPv6.
    ///
    /// - Returns: no technique when none of the allowed ones can express the request.
    static func order(
        _ family: AddressFamily, only: Technique?, remembered: Technique?, isForThirdParty: Bool,
        hasRemoteHost: Bool
    ) -> [Technique] {
        let preferred: [Technique] = hasRemoteHost ? [.upnp, .pcp] : [.pcp, .natPMP, .upnp]
        let order = [remembered].compactMap(\.self) + preferred.filter { $0 != remembered }
        return order.filter { technique in
            (only == nil || technique == only)
                && !(technique == .natPMP
                    && (family == .ipv6 || isForThirdParty || hasRemoteHost))
        }
    }

    /// Whether a port of IPv6 is opened, where nothing is translated.
    var isPinhole: Bool { key.internalAddress.family == .ipv6 }

    /// Why it failed: the most telling failure of the techniques.
    var failure: PortMapperError? { grant == nil ? verdict ?? ladder.error : nil }

    /// Whether there is nothing left to ask.
    var isOver: Bool { grant != nil || verdict != nil }

    /// The lifetime to ask for, in whole seconds.
    var lifetimeSeconds: UInt32 { max(1, request.lifetime.wholeSeconds) }

    /// Records a technique's answer; after a failure another one may still grant the mapping.
    ///
    /// - Parameters:
    ///   - answer: the answer.
    ///   - technique: the technique that gave it.
    ///   - wasOpened: whether asking has set `openPort`.
    ///   - now: the present.
    mutating func take(
        _ answer: TechniqueAnswer, by technique: Technique, wasOpened: Bool,
        at now: ContinuousClock.Instant
    ) {
        switch answer.result {
        case .success(let new):
            grant = new
            openPort = nil
            ladder.granted(by: new.technique)
        case .failure(let error):
            grant = nil
            // An answer settles an earlier request; a technique that sent nothing does not.
            if wasOpened || answer.openPort != nil { openPort = answer.openPort }
            ladder.failed(error, by: technique, wasSent: answer.wasSent, at: now)
        }
    }

    /// Records the external address of its grant, `nil` when the gateway has none.
    mutating func learned(_ externalAddress: IPAddress?) {
        grant?.externalAddress = externalAddress
        grant?.isAddressKnown = true
    }

    /// Its mapping was moved, or moved back.
    mutating func moved(to grant: MappingGrant) { self.grant = grant }

    /// The suggested external port that it was not granted, if there is one.
    var refusedPort: PortNumber? {
        let suggestion = ladder.variation.suggestion
        guard !suggestion.isAny, suggestion.wanted != grant?.externalPort else { return nil }
        return suggestion.wanted
    }

    /// A grant was not what was demanded, and was deleted again.
    mutating func reject(
        _ rejected: MappingGrant, because problem: PortMapperError,
        at now: ContinuousClock.Instant
    ) {
        grant = nil
        recordedTechnique = nil
        ladder.rejected(because: problem, by: rejected.technique, at: now)
    }

    /// Gives up, even if there was a grant.
    mutating func fail(_ error: PortMapperError) {
        verdict = error
        grant = nil
    }

    /// The external port to ask for.
    private var intendedPort: PortNumber { openPort ?? ladder.variation.suggestion.port }

    /// Whether the lease file knows that this technique is asked, and for which port.
    func isRecorded(as technique: Technique) -> Bool {
        recordedTechnique == technique && recordedPort == intendedPort
    }

    /// Notes that its intent is written into the lease file as this technique's.
    mutating func noteRecord(as technique: Technique) {
        (recordedTechnique, recordedPort) = (technique, intendedPort)
    }

    /// Whether the gateway may yet do what was asked, now or by a process that ended too early.
    private var mayStillBeGranted: Bool {
        openPort != nil || ladder.openTechnique != nil
            || (!ladder.hasAsked && old?.state == .asked)
    }

    /// Why a grant does not fit the request; `nil` when it fits.
    func objection(to grant: MappingGrant) -> PortMapperError? {
        if request.isExact, grant.externalPort != request.suggestedExternalPort {
            return .portTaken(
                gateway: key.gateway, technique: grant.technique,
                wanted: request.suggestedExternalPort, granted: grant.externalPort)
        }
        guard request.requiresPublic, grant.isAddressKnown else { return nil }
        return ExternalAddressCheck.failure(
            for: grant.externalAddress, gateway: key.gateway, technique: grant.technique)
    }
}

// Its lease.
extension MappingAttempt {
    /// The lease as it stands before the gateway has answered.
    func intent(at now: Timestamp) -> Lease {
        Lease(
            key: key, state: .asked,
            technique: openPort == nil
                ? recordedTechnique ?? ladder.openTechnique ?? ladder.firstTechnique ?? .pcp
                : .upnp,
            nonce: nonce,
            suggestedExternalPort: request.recordedSuggestion, externalAddress: nil,
            externalPort: intendedPort, remoteHost: request.remoteHost,
            lifetimeSeconds: lifetimeSeconds,
            expiry: now.advanced(bySeconds: lifetimeSeconds),
            description: request.shownDescription, isThirdParty: isThirdParty,
            created: old?.created ?? now, confirmed: now)
    }

    /// The lease of a grant.
    func lease(of grant: MappingGrant, at now: Timestamp) -> Lease {
        var lease = intent(at: now)
        lease.state = .granted
        lease.technique = grant.technique
        lease.nonce = grant.technique == .pcp ? nonce : nil
        // A lost reply about the address leaves the one that is known.
        lease.externalAddress =
            grant.isAddressKnown || plan != .renewal ? grant.externalAddress : old?.externalAddress
        lease.externalPort = grant.externalPort
        if plan == .renewal, request.externalPort == nil || follows, let old {
            lease.suggestedExternalPort = old.suggestedExternalPort
        }
        if request.takesAnyExternalPort { lease.suggestedExternalPort = grant.externalPort }
        lease.lifetimeSeconds = grant.lifetimeSeconds
        lease.expiry = grant.lifetimeSeconds.map(now.advanced(bySeconds:))
        lease.unknownMembers = old?.unknownMembers ?? [:]
        return lease
    }

    /// The lease of a new mapping that may exist on the gateway; `nil` when none can.
    func newLease(at now: Timestamp) -> Lease? {
        guard plan == .new || plan == .move else { return nil }
        if let grant { return lease(of: grant, at: now) }
        return !isSettled || mayStillBeGranted ? intent(at: now) : nil
    }

    /// The mapping that another process was granted meanwhile, on another external port: by UPnP each
    /// request may get a mapping of its own, and a lease is of one.
    func displaced(in table: LeaseTable) -> Lease? {
        guard let grant, grant.technique == .upnp, let other = table[key], other.state == .granted,
            other.technique == .upnp, other.externalPort != grant.externalPort,
            other.externalPort != old?.externalPort
        else { return nil }
        return other
    }

    /// Records the outcome in the table.
    func record(in table: inout LeaseTable, at now: Timestamp) {
        if let existing = grant ?? leftover {
            table[key] = lease(of: existing, at: now)
        } else if let restored, var old {
            old.externalAddress = restored.externalAddress
            old.externalPort = restored.externalPort
            old.lifetimeSeconds = restored.lifetimeSeconds
            old.expiry = restored.lifetimeSeconds.map(now.advanced(bySeconds:))
            old.confirmed = now
            table[key] = old
        } else if mayBeRestored, var old {
            old.state = .asked
            table[key] = old
        } else if table[key]?.state != .granted {
            if !mayStillBeGranted {
                table[key] = nil
            } else if openPort == nil, let technique = ladder.openTechnique {
                var intent = intent(at: now)
                intent.technique = technique
                table[key] = intent
            }
        }
    }
}

// Its report.
extension MappingAttempt {
    /// The grant as a public value; `nil` when there is none.
    var mapping: Mapping? {
        guard let grant else { return nil }
        let expiry = grant.lifetimeSeconds.map(Timestamp.now.advanced(bySeconds:))
        return Mapping(
            transport: key.transport, internalAddress: key.internalAddress,
            internalPort: key.internalPort, externalAddress: grant.externalAddress,
            externalPort: grant.externalPort, remoteHost: request.remoteHost,
            lifetime: grant.lifetimeSeconds.map { .seconds(Int64($0)) }, expiry: expiry,
            technique: grant.technique, gateway: key.gateway,
            description: request.shownDescription, isMine: true)
    }

    /// Returns the warnings about its grant.
    ///
    /// - Parameter gateway: the address of the gateway that granted it.
    /// - Returns: the warnings; none without a grant.
    func warnings(gateway: IPAddress) -> [MapperWarning] {
        guard let grant else { return [] }
        var warnings: [MapperWarning] = []
        let (transport, port) = (key.transport, key.internalPort)
        // A renewal may have been moved to the external port of the other transport.
        let isElsewhere = plan != .renewal || grant.externalPort != old?.externalPort
        if isElsewhere, !request.takesAnyExternalPort,
            grant.externalPort != request.suggestedExternalPort
        {
            warnings.append(
                .differentExternalPort(
                    transport, port, granted: grant.externalPort,
                    suggested: request.suggestedExternalPort))
        }
        if let granted = grant.lifetimeSeconds {
            if granted < lifetimeSeconds {
                warnings.append(
                    .shorterLifetime(
                        transport, port, grantedSeconds: granted, askedSeconds: lifetimeSeconds))
            }
        } else {
            warnings.append(.permanentLease(transport, port))
        }
        if grant.isFirewallOff { warnings.append(.firewallOff(transport, port)) }
        if !grant.isVerified { warnings.append(.unverified(transport, port)) }
        if let remoteHost = request.remoteHost {
            if grant.technique == .pcp {
                warnings.append(.filterUnproved(transport, port, remoteHost: remoteHost))
            }
        } else if let service = SensitivePort.service(at: port) {
            warnings.append(.sensitivePort(port, service: service))
        }
        if grant.isAddressKnown {
            warnings += ExternalAddressCheck.warnings(
                for: grant.externalAddress, gateway: gateway)
        }
        return warnings
    }
}
