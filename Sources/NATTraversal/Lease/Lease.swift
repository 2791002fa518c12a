/// A mapping that natctl made and remembers, so that another process can renew or delete it.
struct Lease: Hashable, Sendable {
    /// What makes two leases the same one.
    struct Key: Hashable, Sendable {
        /// The gateway's address as it was asked, with its port when that is not 5351.
        var gateway: String
        var transport: TransportProtocol
        var internalAddress: IPAddress
        var internalPort: PortNumber
    }

    enum State: String, Sendable {
        /// The request is on its way, or was when its process ended.
        case asked
        case granted
    }

    var key: Key
    var state: State
    var technique: Technique
    /// PCP's secret of this mapping.
    var nonce: PCPNonce?
    /// The external port that was asked for; moving is asking for another.
    var suggestedExternalPort: PortNumber
    var externalAddress: IPAddress?
    var externalPort: PortNumber
    var remoteHost: IPAddress?
    /// What was granted or, before that, asked for; `nil` is permanent.
    var lifetimeSeconds: UInt32?
    /// When the mapping ends, unless renewed; `nil` is never.
    var expiry: Timestamp?
    var description: String?
    /// Whether the internal address was another host's.
    var isThirdParty = false
    var created: Timestamp
    var confirmed: Timestamp
    /// Members that a later natctl wrote.
    var unknownMembers: [String: JSONValue] = [:]

    /// Whether the mapping still exists, as far as is known.
    func isLive(at now: Timestamp) -> Bool { expiry.map { now < $0 } ?? true }
}

extension Lease {
    /// The lease as the public face shows it, with what is left of its lifetime.
    func mapping(at now: Timestamp) -> Mapping {
        Mapping(
            transport: key.transport, internalAddress: key.internalAddress,
            internalPort: key.internalPort, externalAddress: externalAddress,
            externalPort: externalPort, remoteHost: remoteHost,
            lifetime: expiry.map {
                .seconds(max(0, $0.secondsSince1970 - now.secondsSince1970))
            },
            expiry: expiry, technique: technique, gateway: key.gateway, description: description,
            isMine: true)
    }
}
