/// What a gateway granted, by whatever technique.
struct MappingGrant: Hashable, Sendable {
    var technique: Technique
    /// `nil` when the gateway told none.
    var externalAddress: IPAddress?
    var externalPort: PortNumber
    /// `nil` for a mapping that stays until it is deleted.
    var lifetimeSeconds: UInt32?
    /// Whether the gateway has answered what its external address is.
    var isAddressKnown = true
    /// Whether nothing speaks against its being there: a UPnP success that could not be read back
    /// is none.
    var isVerified = true
    /// Whether the gateway's table was seen without it before.
    var isNew = false
}
