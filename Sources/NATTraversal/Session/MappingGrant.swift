/// A grant by any technique.
struct MappingGrant: Hashable, Sendable {
    var technique: Technique
    /// `nil` when the gateway reported none.
    var externalAddress: IPAddress?
    var externalPort: PortNumber
    /// `nil` for a mapping that lasts until it is deleted.
    var lifetimeSeconds: UInt32?
    /// Whether the gateway has answered the question for its external address.
    var isAddressKnown = true
    /// `false` for a UPnP success that could not be read back.
    var isVerified = true
    /// Whether the gateway's IPv6 firewall is off, so that nothing had to be opened.
    var isFirewallOff = false
    /// Whether the gateway's table did not have it before.
    var isNew = false
}
