/// The address on the Internet side, as one gateway tells it.
public struct ExternalAddress: Hashable, Sendable {
    /// The address; never the unspecified one.
    public var address: IPAddress
    /// How it was asked.
    public var technique: Technique
    /// Who told it.
    public var gateway: GatewayAddress
    /// What is to be said of it.
    public var warnings: [MapperWarning]
}
