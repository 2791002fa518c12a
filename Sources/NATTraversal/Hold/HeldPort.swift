/// A mapping that is there, with what it takes to renew and delete it.
struct HeldMapping: Sendable {
    var mapping: Mapping
    var lease: Lease
    var target: GatewayTarget
    /// Whether the gateway's table, read by UPnP, has shown it.
    var wasSeen = false
}

/// One port that is to stay mapped, with everything known of it but the time of the next request,
/// which is `HoldPlan`'s matter.
///
/// Pure: it is told what gateways answered, and says what that changes.
struct HeldPort: Sendable {
    /// What becomes of the port's mapping.
    private enum State {
        case unmapped
        case held(HeldMapping)
        /// Told as lost, but it may still be in a gateway's table.
        case abandoned(HeldMapping)
    }

    /// What was granted for a port.
    struct Grant: Sendable {
        var held: HeldMapping
        /// Whether the gateway's table was seen without it before.
        var isNew = false
        /// Whether a mapping of this host's was renewed, even one of an earlier run.
        var isRenewal = true
        /// What the user is to be warned of.
        var warnings: [MapperWarning] = []
    }

    /// What a grant changes.
    struct Update: Sendable {
        /// What listeners are told.
        var change: MapperEvent.Change
        /// What the grant says about the other mappings of the same gateway.
        var evidence: HoldPlan.Evidence
        /// The mapping that this one replaces under another lease.
        var replaced: HeldMapping?
    }

    /// What the user wants.
    let request: MappingRequest
    private var state = State.unmapped
    /// The UPnP mapping that another technique has taken over because UPnP could not be reached.
    ///
    /// It may still be in the gateway's table. The lease file does not have it: there is one lease for
    /// each port.
    private(set) var superseded: HeldMapping?
    /// The last grant.
    private var lastGrant: MappingRequest.FormerGrant?
    /// The failure that listeners were told last; `nil` since the last grant.
    private var toldFailure: HeldMappingState.Failure?
    /// What the user was warned of at the last grant.
    var warnings: [MapperWarning] = []

    /// A port that is not mapped yet.
    init(_ request: MappingRequest) { self.request = request }

    /// The mapping that is there, as far as is known.
    var held: HeldMapping? { if case .held(let held) = state { held } else { nil } }

    /// The request for a gateway that is to map the port anew, with what was granted before.
    var renewedRequest: MappingRequest {
        var request = request
        request.former = lastGrant
        return request
    }

    /// What may be in a gateway's table: the mapping that is held, or one that was told as lost and
    /// has not run out.
    func remainder(at now: Timestamp) -> HeldMapping? {
        switch state {
        case .unmapped: nil
        case .held(let held): held
        case .abandoned(let abandoned): abandoned.lease.isLive(at: now) ? abandoned : nil
        }
    }

    /// A gateway has granted the mapping, for the first time or again.
    ///
    /// - Parameters:
    ///   - grant: what was granted.
    ///   - hasLostTable: whether the gateway has shown that it had lost its table.
    /// - Returns: what that changes.
    mutating func granted(_ grant: Grant, hasLostTable: Bool) -> Update {
        let old = held
        let former: HeldMapping? =
            switch state {
            case .unmapped: nil
            case .held(let former), .abandoned(let former): former
            }
        var new = grant.held
        let isSameGateway = old?.mapping.gateway == new.mapping.gateway
        if isSameGateway, new.mapping.externalAddress == nil {
            // A lost answer is no change.
            new.mapping.externalAddress = old?.mapping.externalAddress
            new.lease.externalAddress = old?.mapping.externalAddress
        }
        new.wasSeen = old?.wasSeen == true && isSameGateway && !grant.isNew
        supersede(former, by: new)
        state = .held(new)
        lastGrant = MappingRequest.FormerGrant(
            key: new.lease.key, externalPort: new.mapping.externalPort)
        toldFailure = nil
        let isUnchanged = old.map { new.mapping.isRenewal(of: $0.mapping) } ?? false
        let change: MapperEvent.Change =
            switch old {
            case nil: .mapped(new.mapping)
            case _ where isUnchanged: .renewed(new.mapping)
            case let old?: .changed(new.mapping, previous: old.mapping)
            }
        let evidence: HoldPlan.Evidence =
            if hasLostTable {
                .loss
            } else if !isSameGateway {
                .none
            } else if !isUnchanged {
                .move
            } else {
                grant.isNew ? .absence : .none
            }
        return Update(
            change: change, evidence: evidence,
            replaced: former?.lease.key == new.lease.key ? nil : former)
    }

    /// Remembers a UPnP mapping that nobody has deleted, and forgets it once UPnP has mapped its
    /// external port again.
    private mutating func supersede(_ former: HeldMapping?, by new: HeldMapping) {
        if new.lease.technique == .upnp {
            if superseded?.lease.externalPort == new.lease.externalPort { superseded = nil }
        } else if let former, former.lease.technique == .upnp,
            former.lease.key == new.lease.key, former.target.family == .ipv4
        {
            superseded = former
        }
    }

    /// A request brought nothing.
    ///
    /// - Returns: what listeners are told: a loss, or a failure of another kind than they know.
    mutating func failed(
        _ error: PortMapperError, _ consequence: HeldMappingState.Consequence
    ) -> MapperEvent.Change? {
        let failure = HeldMappingState.Failure(error)
        if consequence == .lost { return lost(because: error) }
        // A single lost datagram is not worth telling.
        if case .asksAgain(let failures) = consequence, failure == .silence, failures < 2 {
            return nil
        }
        guard toldFailure != failure else { return nil }
        toldFailure = failure
        return .mappingFailed(request.transport, request.internalPort, error)
    }

    /// The mapping is gone, or no longer known to be there.
    ///
    /// - Returns: what listeners are told; nothing when there was none.
    mutating func lost(because error: PortMapperError) -> MapperEvent.Change? {
        guard case .held(let old) = state else { return nil }
        state = .abandoned(old)
        toldFailure = HeldMappingState.Failure(error)
        return .lost(old.mapping, error)
    }

    /// The gateway's table shows the mapping.
    mutating func seen() {
        guard case .held(var held) = state else { return }
        held.wasSeen = true
        state = .held(held)
    }

    /// The gateway has deleted what was left of the mapping.
    ///
    /// - Returns: the mapping, unless it was told as lost before.
    mutating func deleted() -> Mapping? {
        defer { state = .unmapped }
        return held?.mapping
    }

    /// Whether a response, asked for or not, says something new of the mapping.
    func isUpdated(by response: PCPResponse) -> Bool {
        guard case .held(let held) = state, held.lease.isUpdated(by: response) else { return false }
        // A second copy of a refusal is no news, and the refusal says when to ask again.
        if response.result != .success, case .refusal? = toldFailure { return false }
        return true
    }
}

extension Mapping {
    /// Whether the port is reached in the same way as by `old`: then it was renewed, not changed.
    package func isRenewal(of old: Mapping) -> Bool {
        externalAddress == old.externalAddress && externalPort == old.externalPort
            && technique == old.technique && gateway == old.gateway
            && internalAddress == old.internalAddress && remoteHost == old.remoteHost
    }
}

extension Lease {
    /// Whether a response says something else of this mapping than is known.
    fileprivate func isUpdated(by response: PCPResponse) -> Bool {
        guard case .map(let mapping) = response.operation, mapping.nonce == nonce,
            mapping.protocolNumber == key.transport.protocolNumber,
            mapping.internalPort == key.internalPort.rawValue
        else { return false }
        return response.result != .success || response.lifetimeSeconds == 0
            || mapping.externalPort != externalPort.rawValue
            || mapping.externalAddress != externalAddress
    }
}
