public import ArgumentParser
public import NATTraversal

extension PortNumber: ExpressibleByArgument {
    /// Reads a port from 1 to 65535.
    public init?(argument: String) { self.init(argument) }
}

extension TransportProtocol: ExpressibleByArgument {}

extension GatewayAddress: ExpressibleByArgument {
    /// Reads an address, perhaps with a port; never a name.
    public init?(argument: String) { self.init(argument) }
}
