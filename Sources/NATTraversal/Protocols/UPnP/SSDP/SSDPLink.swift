/// One interface on which a search goes out, for one family of addresses.
package struct SSDPLink: Hashable, Sendable {
    /// This host's address there, from which the search is sent.
    package var source: IPAddress
    /// The interface's index.
    package var interfaceIndex: UInt32
    /// The default gateways reached by it, which are also asked by unicast: a host firewall lets
    /// only their answers through, and some networks filter multicasts (S-4).
    package var gateways: [SocketAddress]
    /// The interface's name, when the kernel's rules lead to the gateways by another one.
    var interfaceBesideRules: String?

    /// A link; a gateway's port is 1900 unless the device is known to listen elsewhere.
    package init(source: IPAddress, interfaceIndex: UInt32, gateways: [SocketAddress] = []) {
        self.source = source
        self.interfaceIndex = interfaceIndex
        self.gateways = gateways
    }

    /// What sockets on this link are bound to.
    var localAddress: SocketAddress {
        let isLinkLocal = source.scope == .linkLocal && source.family == .ipv6
        return SocketAddress(source, port: 0, scopeID: isLinkLocal ? interfaceIndex : 0)
    }

    /// Where multicasts go; IPv6 stays on the link (T-10).
    var group: SocketAddress {
        .ssdpGroup(source.family, interfaceIndex: interfaceIndex)
    }

    /// A socket for a search: unconnected, because answers come from any port (S-3), and on a port
    /// that the system chooses.
    ///
    /// - Throws: `SystemError`.
    func openSocket() throws(SystemError) -> UDPSocket {
        let socket = try UDPSocket(source.family)
        try socket.bind(to: localAddress)
        try socket.setMulticast(family: source.family, interfaceIndex: interfaceIndex, hops: 2)
        return socket
    }
}
