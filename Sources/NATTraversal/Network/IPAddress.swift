/// An address of either family.
public enum IPAddress: Hashable, Sendable, CustomStringConvertible {
    case v4(IPv4Address)
    case v6(IPv6Address)

    /// Reads a literal of either family, as strictly as `IPv4Address` and `IPv6Address` do.
    public init?(_ text: String) {
        if let address = IPv4Address(text) {
            self = .v4(address)
        } else if let address = IPv6Address(text) {
            self = .v6(address)
        } else {
            return nil
        }
    }

    /// The address with these octets in wire order; `nil` unless there are 4 or 16.
    public init?(octets: some Collection<UInt8>) {
        switch octets.count {
        case 4: self = .v4(IPv4Address(rawValue: octets.reduce(0) { $0 << 8 | UInt32($1) }))
        case 16: self = .v6(IPv6Address(rawValue: octets.reduce(0) { $0 << 8 | UInt128($1) }))
        default: return nil
        }
    }

    /// The family of the address.
    public var family: AddressFamily {
        switch self {
        case .v4: .ipv4
        case .v6: .ipv6
        }
    }

    /// Whether this is 0.0.0.0 or `::`.
    public var isUnspecified: Bool {
        switch self {
        case .v4(let address): address == .unspecified
        case .v6(let address): address == .unspecified
        }
    }

    /// The address; `nil` for 0.0.0.0 and `::`, which a gateway without an address reports.
    var ifSpecified: IPAddress? { isUnspecified ? nil : self }

    /// The octets in wire order, 4 or 16.
    public var octets: [UInt8] {
        switch self {
        case .v4(let address): address.octets
        case .v6(let address): address.octets
        }
    }

    /// The embedded IPv4 address if this one is IPv4-mapped, otherwise the address itself.
    package var unmapped: IPAddress {
        if case .v6(let address) = self, let mapped = address.mappedIPv4 {
            .v4(mapped)
        } else {
            self
        }
    }

    /// The address as text, without a zone.
    public var description: String {
        switch self {
        case .v4(let address): address.description
        case .v6(let address): address.description
        }
    }
}

/// The two families of addresses.
public enum AddressFamily: String, Sendable, CaseIterable {
    case ipv4
    case ipv6

    /// 0.0.0.0 or `::`.
    var unspecified: IPAddress {
        switch self {
        case .ipv4: .v4(.unspecified)
        case .ipv6: .v6(.unspecified)
        }
    }
}
