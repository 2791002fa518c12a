extension Lease {
    /// Reads a record of the lease file, which is foreign data like any other (T-13).
    ///
    /// - Returns: `nil` for a record that lacks something or has something else in its place.
    init?(_ value: JSONValue) {
        guard var rest = value.object,
            let gateway = rest.take("gateway")?.string,
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
        rest["family"] = nil
        unknownMembers = rest
    }

    /// The record of the lease file.
    var document: JSONValue {
        let known: [String: JSONValue] = [
            "gateway": .string(key.gateway),
            "family": .string(key.internalAddress.family.rawValue),
            "transport": .string(key.transport.rawValue),
            "internalAddress": .string(key.internalAddress.description),
            "internalPort": JSONValue(key.internalPort.rawValue),
            "state": .string(state.rawValue),
            "technique": .string(technique.rawValue),
            "nonce": JSONValue(nonce?.hexadecimal),
            "externalAddress": JSONValue(externalAddress?.description),
            "externalPort": JSONValue(externalPort.rawValue),
            "suggestedExternalPort": JSONValue(suggestedExternalPort.rawValue),
            "remoteHost": JSONValue(remoteHost?.description),
            "lifetime": JSONValue(lifetimeSeconds),
            "expiresAt": JSONValue(expiry?.description),
            "description": JSONValue(description),
            "thirdParty": .bool(isThirdParty),
            "created": .string(created.description),
            "confirmed": .string(confirmed.description),
        ]
        return .object(unknownMembers.merging(known) { _, known in known })
    }
}

extension [String: JSONValue] {
    /// Takes a member out, so that what is left is unknown.
    fileprivate mutating func take(_ name: String) -> JSONValue? { removeValue(forKey: name) }

    fileprivate mutating func takePort(_ name: String) -> PortNumber? {
        take(name)?.integer.flatMap(UInt16.init(exactly:)).flatMap(PortNumber.init(rawValue:))
    }
}
