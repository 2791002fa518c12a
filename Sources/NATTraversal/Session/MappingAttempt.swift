/// One requested mapping on its way through one gateway, and what came of it.
struct MappingAttempt: Sendable {
    let request: MappingRequest
    let key: Lease.Key
    /// Whether the mapping leads to another host than this one.
    let isThirdParty: Bool
    /// The live lease of the same port, if there is one.
    let old: Lease?
    let plan: MappingPlan
    /// PCP's secret: the lease's own, or a fresh one.
    let nonce: PCPNonce
    /// Which technique it is asked by, and how it is put.
    var ladder: TechniqueLadder
    /// What was granted.
    private(set) var grant: MappingGrant?
    /// Why it failed after all techniques were asked, or was not to be asked.
    private var verdict: PortMapperError?
    /// The external port of a UPnP request that may have been carried out: the gateway has said
    /// neither yes nor no to it.
    var openPort: PortNumber?
    /// The old mapping, granted again because the new one was refused.
    var restored: MappingGrant?
    /// What was granted, is unwanted, and could not be deleted.
    var leftover: MappingGrant?

    /// - Parameters:
    ///   - request: what is wanted.
    ///   - key: the lease's key.
    ///   - isThirdParty: whether the mapping leads to another host than this one.
    ///   - old: the live lease of that key.
    ///   - terms: what holds for every port of one command.
    init(
        _ request: MappingRequest, key: Lease.Key, isThirdParty: Bool, old: Lease?, _ terms: Terms
    ) {
        self.request = request
        self.key = key
        self.isThirdParty = isThirdParty
        self.old = old
        plan = MappingPlan(request, lease: old, technique: terms.only)
        nonce = old?.nonce ?? .random()
        let remembered = plan == .renewal ? old : nil
        let order = Self.order(
            only: terms.renewsOnly ? remembered?.technique ?? terms.only : terms.only,
            remembered: remembered?.technique, isForThirdParty: isThirdParty,
            hasRemoteHost: request.remoteHost != nil)
        ladder = TechniqueLadder(
            order, port: remembered?.externalPort ?? request.suggestedExternalPort,
            isExact: request.isExact,
            hasOptions: request.isExact || request.description != nil,
            isRenewal: remembered != nil,
            isLeftAlone: terms.renewsOnly && remembered != nil, searchLimit: terms.searchLimit,
            silenceEnd: terms.silenceEnd)
        if order.isEmpty {
            verdict = .inexpressible(
                "NAT-PMP can neither limit a mapping to one peer nor map for another host; "
                    + "it takes PCP")
        }
    }

    /// What holds for every port of one command.
    struct Terms {
        /// The one technique that is wanted, if it is named.
        var only: Technique?
        /// Whether a lease is renewed by its own technique alone, and left as it is by a silence.
        var renewsOnly = false
        /// How long a search for UPnP takes at most; `nil` is as long as there is time.
        var searchLimit: Duration?
        /// When a gateway that says nothing is given up.
        var silenceEnd: ContinuousClock.Instant?
    }

    /// The techniques that may be asked, best first: PCP, then NAT-PMP, then UPnP, with the technique
    /// of a live lease before them.
    ///
    /// A limit to one peer goes by UPnP first: common PCP servers accept a filter and do not enforce
    /// it (N-20).
    ///
    /// - Returns: none when nothing that is allowed can express the request.
    static func order(
        only: Technique?, remembered: Technique?, isForThirdParty: Bool, hasRemoteHost: Bool
    ) -> [Technique] {
        let preferred: [Technique] = hasRemoteHost ? [.upnp, .pcp] : [.pcp, .natPMP, .upnp]
        let order = [remembered].compactMap(\.self) + preferred.filter { $0 != remembered }
        return order.filter { technique in
            (only == nil || technique == only)
                && !(technique == .natPMP && (isForThirdParty || hasRemoteHost))
        }
    }

    /// Why it failed, the most telling of what the techniques have said.
    var failure: PortMapperError? { grant == nil ? verdict ?? ladder.error : nil }

    /// Whether nothing is to be asked for any more.
    var isOver: Bool { grant != nil || verdict != nil }

    /// The lifetime to ask for, in whole seconds.
    var lifetimeSeconds: UInt32 { max(1, request.lifetime.wholeSeconds) }

    /// Takes a grant.
    mutating func take(_ new: MappingGrant) {
        grant = new
        openPort = nil
        ladder.granted()
    }

    /// Takes a failure by one technique; another may still grant it.
    mutating func take(
        _ error: PortMapperError, by technique: Technique, at now: ContinuousClock.Instant
    ) {
        grant = nil
        ladder.failed(error, by: technique, at: now)
    }

    /// Gives up, whatever was granted.
    mutating func fail(_ error: PortMapperError) {
        verdict = error
        grant = nil
    }

    /// Whether the gateway may yet do what was asked.
    private var mayStillBeGranted: Bool {
        if openPort != nil { return true }
        return switch failure {
        case .noAnswer: true
        // What UPnP made of it was looked up in the table.
        case .badAnswer(_, let technique, _): technique.isOnSharedPort
        default: false
        }
    }

    /// Why a grant is not what was demanded; `nil` when it is.
    func objection(to grant: MappingGrant) -> PortMapperError? {
        if request.isExact, grant.externalPort != request.suggestedExternalPort {
            return .portTaken(
                gateway: key.gateway, technique: grant.technique,
                wanted: request.suggestedExternalPort, granted: grant.externalPort)
        }
        guard request.requiresPublic else { return nil }
        return ExternalAddressCheck.failure(
            for: grant.externalAddress, gateway: key.gateway, technique: grant.technique)
    }
}

// What is remembered of it.
extension MappingAttempt {
    /// The lease as it stands before the gateway has answered.
    func intent(at now: Timestamp) -> Lease {
        Lease(
            key: key, state: .asked,
            technique: openPort == nil ? ladder.firstTechnique ?? .pcp : .upnp, nonce: nonce,
            suggestedExternalPort: request.suggestedExternalPort, externalAddress: nil,
            externalPort: openPort ?? ladder.variation.suggestion.port,
            remoteHost: request.remoteHost.map(IPAddress.v4), lifetimeSeconds: lifetimeSeconds,
            expiry: now.advanced(bySeconds: lifetimeSeconds),
            description: request.shownDescription, isThirdParty: isThirdParty,
            created: old?.created ?? now, confirmed: now)
    }

    /// The lease of what was granted.
    func lease(of grant: MappingGrant, at now: Timestamp) -> Lease {
        var lease = intent(at: now)
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

    /// What may exist on the gateway of what was newly asked for; `nil` when nothing does.
    func newLease(at now: Timestamp) -> Lease? {
        guard plan != .renewal else { return nil }
        if let grant { return lease(of: grant, at: now) }
        return failure == nil || openPort != nil ? intent(at: now) : nil
    }

    /// Leaves in the table what is true now.
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
        } else if !mayStillBeGranted, table[key]?.state == .asked {
            table[key] = nil
        }
    }
}

// What is told of it.
extension MappingAttempt {
    /// What was granted, as the public face shows it; `nil` when nothing was.
    var mapping: Mapping? {
        guard let grant else { return nil }
        let expiry = grant.lifetimeSeconds.map(Timestamp.now.advanced(bySeconds:))
        return Mapping(
            transport: key.transport, internalAddress: key.internalAddress,
            internalPort: key.internalPort, externalAddress: grant.externalAddress,
            externalPort: grant.externalPort, remoteHost: request.remoteHost.map(IPAddress.v4),
            lifetime: grant.lifetimeSeconds.map { .seconds(Int64($0)) }, expiry: expiry,
            technique: grant.technique, gateway: key.gateway,
            description: request.shownDescription, isMine: true)
    }

    /// The warnings that its grant deserves.
    ///
    /// - Parameter gateway: the address of the gateway that granted it.
    func warnings(gateway: IPAddress) -> [MapperWarning] {
        guard let grant else { return [] }
        var warnings: [MapperWarning] = []
        let (transport, port) = (key.transport, key.internalPort)
        if plan != .renewal, grant.externalPort != request.suggestedExternalPort {
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
        if !grant.isVerified { warnings.append(.unverified(transport, port)) }
        if let remoteHost = request.remoteHost {
            if grant.technique == .pcp {
                warnings.append(.filterUnproved(transport, port, remoteHost: .v4(remoteHost)))
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
