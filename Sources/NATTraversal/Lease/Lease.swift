/// A mapping that natctl made and remembers, so that another process can renew or delete it.
struct Lease: Hashable, Sendable {
    /// The identity of a lease: two leases with the same key are the same one.
    struct Key: Hashable, Sendable {
        /// The gateway's address as it was asked, with its port when that is not 5351.
        var gateway: GatewayAddress
        var transport: TransportProtocol
        var internalAddress: IPAddress
        var internalPort: PortNumber
    }

    enum State: String, Sendable {
        /// The request is under way, or was when its process ended.
        case asked
        case granted
    }

    var key: Key
    var state: State
    var technique: Technique
    /// PCP's secret of this mapping.
    var nonce: PCPNonce?
    /// The external port that was asked for; a request for another one moves the mapping.
    var suggestedExternalPort: PortNumber
    var externalAddress: IPAddress?
    var externalPort: PortNumber
    var remoteHost: IPAddress?
    /// The granted lifetime or, before the grant, the requested one; `nil` is permanent.
    var lifetimeSeconds: UInt32?
    /// When the mapping ends, unless renewed; `nil` is never.
    var expiry: Timestamp?
    var description: String?
    /// Whether the internal address was another host's.
    var isThirdParty = false
    var created: Timestamp
    var confirmed: Timestamp
    /// The processes that keep the mapping alive; a `map` that ends is not one of them.
    var holders: [LeaseHolder] = []
    /// When the lease was first seen to have expired.
    var expiredSince: Timestamp?
    /// Members that a later natctl wrote.
    var unknownMembers: [String: JSONValue] = [:]

    /// Whether the mapping still exists, as far as is known.
    func isLive(at now: Timestamp) -> Bool { expiry.map { now < $0 } ?? true }

    /// The lease of a mapping that ends after so many seconds.
    func ending(after seconds: UInt32, at now: Timestamp) -> Lease {
        var lease = self
        lease.lifetimeSeconds = seconds
        lease.expiry = now.advanced(bySeconds: seconds)
        return lease
    }

    /// The rest of the lifetime; `nil` is a permanent mapping.
    ///
    /// Never more than the granted lifetime, even if the clock was set back.
    func remainingSeconds(at now: Timestamp) -> Int64? {
        guard let expiry else { return nil }
        let (left, overflows) = expiry.secondsSince1970
            .subtractingReportingOverflow(now.secondsSince1970)
        return max(0, min(overflows ? 0 : left, lifetimeSeconds.map(Int64.init) ?? .max))
    }
}

extension Lease.Key {
    /// The key that a mapping's lease has.
    init(_ mapping: Mapping) {
        self.init(
            gateway: mapping.gateway, transport: mapping.transport,
            internalAddress: mapping.internalAddress, internalPort: mapping.internalPort)
    }
}

extension Lease {
    /// The lease as a public value, with the rest of its lifetime.
    func mapping(at now: Timestamp) -> Mapping {
        Mapping(
            transport: key.transport, internalAddress: key.internalAddress,
            internalPort: key.internalPort, externalAddress: externalAddress,
            externalPort: externalPort, remoteHost: remoteHost,
            lifetime: remainingSeconds(at: now).map { .seconds($0) },
            expiry: expiry.map { expiry in
                lifetimeSeconds.map { min(expiry, now.advanced(bySeconds: $0)) } ?? expiry
            },
            technique: technique, gateway: key.gateway, description: description, isMine: true)
    }
}

extension Lease {
    /// Reads a record of the lease file, which is foreign data like any other (T-13).
    ///
    /// - Returns: `nil` for a record in which a required member is missing or wrong.
    init?(_ value: JSONValue) {
        guard var rest = value.object,
            let gateway = rest.take("gateway")?.string.flatMap(GatewayAddress.init),
            let transport = rest.take("transport")?.string.flatMap(TransportProtocol.init),
            let internalAddress = rest.take("internalAddress")?.string.flatMap(IPAddress.init),
            let internalPort = rest.takePort("internalPort"),
            let state = rest.take("state")?.string.flatMap(State.init),
            let technique = rest.take("technique")?.string.flatMap(Technique.init),
            let externalPort = rest.takePort("externalPort"),
            let suggestedExternalPort = rest.takePort("suggestedExternalPort"),
            let created = rest.take("created")?.string.flatMap(Timestamp.init),
            let confirmed = rest.take("confirmed")?.string.flatMap(Timestamp.init)
        else { return nil }
        key = Key(
            gateway: gateway, transport: transport, internalAddress: internalAddress,
            internalPort: internalPort)
        self.state = state
        self.technique = technique
        self.externalPort = externalPort
        self.suggestedExternalPort = suggestedExternalPort
        self.created = created
        self.confirmed = confirmed
        nonce = rest.take("nonce")?.string.flatMap(PCPNonce.init(hexadecimal:))
        externalAddress = rest.take("externalAddress")?.string.flatMap(IPAddress.init)
        remoteHost = rest.take("remoteHost")?.string.flatMap(IPAddress.init)
        lifetimeSeconds = rest.take("lifetime")?.integer.flatMap(UInt32.init(exactly:))
        expiry = rest.take("expiresAt")?.string.flatMap(Timestamp.init)
        description = rest.take("description")?.string
        isThirdParty = rest.take("thirdParty") == true
        holders = rest.take("holders")?.array?.compactMap(LeaseHolder.init) ?? []
        expiredSince = rest.take("expiredSince")?.string.flatMap(Timestamp.init)
        rest["family"] = nil
        unknownMembers = rest
    }

    /// The members of its record in the lease file, in alphabetical order.
    var members: [(name: String, value: JSONValue)] {
        var members: [(name: String, value: JSONValue)] = [
            ("confirmed", .string(confirmed.description)),
            ("created", .string(created.description)),
            ("description", JSONValue(description)),
            ("expiresAt", JSONValue(expiry?.description)),
            ("externalAddress", JSONValue(externalAddress?.description)),
            ("externalPort", JSONValue(externalPort.rawValue)),
            ("family", .string(key.internalAddress.family.rawValue)),
            ("gateway", .string(key.gateway.description)),
            ("internalAddress", .string(key.internalAddress.description)),
            ("internalPort", JSONValue(key.internalPort.rawValue)),
            ("lifetime", JSONValue(lifetimeSeconds)),
            ("nonce", JSONValue(nonce?.hexadecimal)),
            ("remoteHost", JSONValue(remoteHost?.description)),
            ("state", .string(state.rawValue)),
            ("suggestedExternalPort", JSONValue(suggestedExternalPort.rawValue)),
            ("technique", .string(technique.rawValue)),
            ("thirdParty", .bool(isThirdParty)),
            ("transport", .string(key.transport.rawValue)),
        ]
        var others = unknownMembers
        if !holders.isEmpty { others["holders"] = .array(holders.map(\.document)) }
        if let expiredSince { others["expiredSince"] = .string(expiredSince.description) }
        guard !others.isEmpty else { return members }
        members += others.map { ($0.key, $0.value) }
        return members.sorted { $0.name < $1.name }
    }
}

extension [String: JSONValue] {
    /// Removes and returns a member, so that only unknown members remain.
    fileprivate mutating func take(_ name: String) -> JSONValue? { removeValue(forKey: name) }

    fileprivate mutating func takePort(_ name: String) -> PortNumber? {
        take(name)?.integer.flatMap(UInt16.init(exactly:)).flatMap(PortNumber.init(rawValue:))
    }
}
