/// A MAP request without the client address, which only the socket knows.
struct PCPMapRequest: Hashable, Sendable {
    var nonce: PCPNonce
    var transport: TransportProtocol
    var internalPort: UInt16
    /// 0 for no preference, and in a delete.
    var externalPort: UInt16 = 0
    /// The suggested address: in a renewal the assigned one; `nil` is any of the client's family.
    var externalAddress: IPAddress?
    /// 0 deletes.
    var lifetimeSeconds: UInt32
    /// The host that the mapping leads to, if it is not the client.
    var thirdParty: IPAddress?
    /// The only peer allowed to send to the port.
    var remoteHost: IPAddress?
    /// Whether to clear the mapping's earlier filters first.
    var clearsFilters = false
    /// Whether no mapping is better than one with another external port.
    var prefersFailure = false
    var description: String?

    /// The request for a client at this address.
    func request(from client: IPAddress) -> PCPRequest {
        PCPRequest(
            operation: .map(
                PCPMapping(
                    nonce: nonce, transport: transport, internalPort: internalPort,
                    externalPort: externalPort,
                    externalAddress: externalAddress ?? client.unspecifiedOfSameFamily)),
            lifetimeSeconds: lifetimeSeconds, clientAddress: client, options: options(client))
    }

    private func options(_ client: IPAddress) -> [PCPOption] {
        var options: [PCPOption] = []
        if let thirdParty { options.append(.thirdParty(thirdParty)) }
        // A delete must not carry the others (RFC 6887, sections 13.2 and 13.3).
        guard lifetimeSeconds > 0 else { return options }
        if prefersFailure, externalPort != 0 { options.append(.preferFailure) }
        if clearsFilters {
            options.append(.filter(client.unspecifiedOfSameFamily, prefixLength: 0, port: 0))
        }
        if let remoteHost { options.append(.filter(remoteHost, prefixLength: 128, port: 0)) }
        if let description { options.append(.description(description)) }
        return options
    }

    /// Whether it leaves the external address to the gateway.
    var suggestsNoAddress: Bool { externalAddress?.ifSpecified == nil }

    /// The request that deletes the mapping.
    var delete: PCPMapRequest {
        PCPMapRequest(
            nonce: nonce, transport: transport, internalPort: internalPort, lifetimeSeconds: 0,
            thirdParty: thirdParty)
    }
}
