/// A router on the path to the Internet, with its rank and the reason for it.
public struct Gateway: Hashable, Sendable {
    /// Its address on this network.
    public let address: IPAddress
    /// The interface that leads to it.
    public let interface: String
    /// The index of that interface.
    public let interfaceIndex: UInt32
    /// Whether the interface is point-to-point, such as a tunnel, where UPnP finds nobody.
    public let isPointToPoint: Bool
    /// Its place among the candidates, from 1.
    public let rank: Int
    /// Why it has this rank: a sentence without its full stop.
    public let reason: String

    /// The interface index if the address needs one, as link-local IPv6 addresses do; else 0.
    package var scopeID: UInt32 {
        address.family == .ipv6 && address.scope == .linkLocal ? interfaceIndex : 0
    }

    /// The address with a port, and its zone if needed.
    package func socketAddress(port: UInt16) -> SocketAddress {
        SocketAddress(address, port: port, scopeID: scopeID)
    }

    /// The address from which this host talks to it.
    ///
    /// - Throws: `SystemError` when the route has disappeared.
    public func localAddress() throws(SystemError) -> IPAddress {
        try socketAddress(port: 5351).source(by: interface)
    }

    /// Creates a gateway.
    package init(
        address: IPAddress, interface: String, interfaceIndex: UInt32, isPointToPoint: Bool,
        rank: Int, reason: String
    ) {
        self.address = address
        self.interface = interface
        self.interfaceIndex = interfaceIndex
        self.isPointToPoint = isPointToPoint
        self.rank = rank
        self.reason = reason
    }
}
