/// The network in which an address is valid, as coarse as a user needs it.
///
/// IANA's registries of special addresses grow, and `reserved` may be divided some day.
@nonexhaustive
public enum AddressScope: String, Sendable, CaseIterable {
    /// Unique in the Internet, so it can be an external address.
    case `public`
    /// 10/8, 172.16/12 and 192.168/16 (RFC 1918): behind somebody's NAT.
    case `private`
    /// 100.64/10 (RFC 6598): behind a carrier's NAT.
    case shared
    /// This host.
    case loopback
    /// One link: 169.254/16 and fe80::/10, the latter only with a zone.
    case linkLocal = "link-local"
    /// fc00::/7 (RFC 4193): IPv6's private addresses.
    case uniqueLocal = "unique-local"
    /// A group of hosts.
    case multicast
    /// For examples in texts (RFC 5737, RFC 3849, RFC 9637).
    case documentation
    /// Any other address that no Internet host has, including anycast addresses of services.
    case reserved
    /// 0.0.0.0 or `::`: no address.
    case unspecified

    /// The word for this scope after "the address is".
    package var adjective: String { self == .documentation ? "for examples only" : rawValue }
}

extension IPAddress {
    /// The scope of the address; one that embeds an IPv4 address has the scope of that.
    public var scope: AddressScope {
        switch self {
        case .v4(let address): address.scope
        case .v6(let address): address.scope
        }
    }
}

extension IPAddress {
    /// Whether a host can have this address: not 0.0.0.0 or `::`, a multicast address, or
    /// 255.255.255.255.
    package var canBeHost: Bool {
        switch unmapped.scope {
        case .unspecified, .multicast: false
        default: unmapped != .v4(.broadcast)
        }
    }
}

extension IPv4Address {
    /// The scope of the address.
    public var scope: AddressScope { AddressBlock.scope(of: IPv6Address(mapping: self)) }
}

extension IPv6Address {
    /// The scope of the address; an IPv4-mapped, 6to4 or NAT64 address has that of its IPv4
    /// address.
    public var scope: AddressScope { AddressBlock.scope(of: self) }
}
