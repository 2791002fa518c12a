extension IPAddress {
    /// The 16 octets of a PCP address field: IPv4 in its IPv4-mapped form (RFC 6887, section 5).
    var pcpOctets: [UInt8] {
        switch self {
        case .v4(let address): IPv6Address(mapping: address).octets
        case .v6(let address): address.octets
        }
    }

    /// "No preference" in the family of this address: all zeros, which for IPv4 still names the
    /// family (RFC 6887, section 5).
    var unspecifiedOfSameFamily: IPAddress { family.unspecified }
}

extension ByteReader {
    /// Reads an address field of 16 octets.
    mutating func readAddress(_ field: String) throws(WireError) -> IPAddress {
        let address = IPv6Address(rawValue: try read(field))
        return address.mappedIPv4.map(IPAddress.v4) ?? .v6(address)
    }
}
