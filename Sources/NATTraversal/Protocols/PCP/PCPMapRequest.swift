/// One MAP request as the client thinks of it, without what only the socket knows.
struct PCPMapRequest: Hashable, Sendable {
    var nonce: PCPNonce
    var transport: TransportProtocol
    var internalPort: UInt16
    /// 0 for no preference, and in a delete.
    var externalPort: UInt16 = 0
    /// The suggested one: what was assigned before, in a renewal; `nil` is any of the client's family.
    var externalAddress: IPAddress?
    /// 0 deletes.
    var lifetimeSeconds: UInt32
    /// The host that the mapping leads to, where it is not the one that asks.
    var thirdParty: IPAddress?
    /// The one peer that may come in.
    var remoteHost: IPAddress?
    /// Whether filters of before are to be dropped first.
    var clearsFilters = false
    /// Whether another external port is worse than none.
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
        // The others have no place in a delete (RFC 6887, sections 13.2 and 13.3).
        guard lifetimeSeconds > 0 else { return options }
        if prefersFailure, externalPort != 0 { options.append(.preferFailure) }
        if clearsFilters {
            options.append(.filter(client.unspecifiedOfSameFamily, prefixLength: 0, port: 0))
        }
        if let remoteHost { options.append(.filter(remoteHost, prefixLength: 128, port: 0)) }
        if let description { options.append(.description(description)) }
        return options
    }

    /// What takes the mapping back.
    var delete: PCPMapRequest {
        PCPMapRequest(
            nonce: nonce, transport: transport, internalPort: internalPort, lifetimeSeconds: 0,
            thirdParty: thirdParty)
    }
}
