package import NATTraversal

/// The peers that a mapping lets in: a prefix and, unless it is 0, a port (RFC 6887, section 13.3).
package struct PeerFilter: Hashable, Sendable {
    /// An address of the prefix, IPv4 in its mapped form.
    package var address: IPv6Address
    /// How many leading bits count, 96 more than IPv4's own.
    package var prefixLength: UInt8
    /// The only source port let in; 0 for any.
    package var port: UInt16

    /// The peers of `address` and `prefixLength`, up to 128, from `port`.
    package init(_ address: IPv6Address, prefixLength: UInt8 = 128, port: UInt16 = 0) {
        self.address = address
        self.prefixLength = prefixLength
        self.port = port
    }

    /// Whether this peer may come in.
    func admits(_ peer: SocketAddress) -> Bool {
        let source: IPv6Address =
            switch peer.address {
            case .v4(let address): IPv6Address(mapping: address)
            case .v6(let address): address
            }
        let mask = ~(UInt128.max >> UInt128(prefixLength))
        return (source.rawValue ^ address.rawValue) & mask == 0 && (port == 0 || port == peer.port)
    }
}
