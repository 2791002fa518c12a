/// A router on the way to the Internet, and why it is asked when it is.
public struct Gateway: Hashable, Sendable {
    /// Its address on this side.
    public let address: IPAddress
    /// The interface that leads to it.
    public let interface: String
    /// The index of that interface.
    public let interfaceIndex: UInt32
    /// Whether the interface is a tunnel or the like, where a search by UPnP finds nobody.
    public let isPointToPoint: Bool
    /// Its place among the candidates, from 1.
    public let rank: Int
    /// Why it stands there: a sentence without its full stop.
    public let reason: String

    /// The interface index where the address needs one, a link-local one of IPv6; else 0.
    package var scopeID: UInt32 {
        address.family == .ipv6 && address.scope == .linkLocal ? interfaceIndex : 0
    }

    /// The address with a port and, where it needs one, its zone.
    package func socketAddress(port: UInt16) -> SocketAddress {
        SocketAddress(address, port: port, scopeID: scopeID)
    }

    /// The address from which this host talks to it.
    ///
    /// - Throws: `SystemError` when the route has gone meanwhile.
    public func localAddress() throws(SystemError) -> IPAddress {
        try socketAddress(port: 5351).source(by: interface)
    }

    /// A gateway with what is known of it.
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
