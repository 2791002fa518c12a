/// A mapping asked of a gateway by UPnP.
struct IGDMappingRequest: Hashable, Sendable {
    var transport: TransportProtocol
    /// The host that it leads to: this one, or another that the user names.
    var internalClient: IPAddress
    var internalPort: PortNumber
    /// The suggested outside port.
    var externalPort: PortNumber
    /// Whether another outside port is a failure.
    var isExact = false
    /// The only peer that may come in; never dropped, whatever the gateway says.
    var remoteHost: IPAddress?
    /// The lease asked for, in seconds, 1 or more.
    var lifetimeSeconds: UInt32
    var description: String
    /// The description for gateways that refuse this one.
    var plainDescription = ApplicationName.natctl.plainDescription

    /// Whether `entry` is this very mapping, so that writing it again is a renewal.
    func isSame(as entry: PortMappingEntry) -> Bool {
        entry.leads(to: internalClient, port: internalPort)
            && (entry.transport == nil || entry.transport == transport)
    }
}

/// A mapping that a gateway has granted.
struct IGDGrant: Hashable, Sendable {
    var key: PortMappingKey
    /// The lease that was read back, in seconds; `nil` when the mapping stays until it is deleted.
    var lifetimeSeconds: UInt32?
    /// Whether the table was read and shows the mapping.
    var isVerified: Bool
    /// Whether the table did not have it before.
    var isNew = false
}
