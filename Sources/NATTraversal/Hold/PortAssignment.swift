/// An address and port at which a service can be reached: one of this host's own, or a public one.
public struct PortAssignment: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The address, one of this host's or the gateway's external one.
    public var address: IPAddress
    /// The port at that address.
    public var port: PortNumber
    /// How the public port was made; `nil` for an address of this host's.
    public var technique: Technique?

    /// An assignment; without a technique a local one.
    public init(
        _ transport: TransportProtocol, address: IPAddress, port: PortNumber,
        technique: Technique? = nil
    ) {
        self.transport = transport
        self.address = address
        self.port = port
        self.technique = technique
    }
}
