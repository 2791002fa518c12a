/// A row of the registries of special-purpose addresses: a prefix and what its addresses are.
///
/// One table serves both families, IPv4 as its IPv4-mapped form. The most specific row decides.
struct AddressBlock: Sendable {
    private enum Meaning: Sendable {
        case scope(AddressScope)
        /// The embedded IPv4 address, this many bits above the end, decides.
        case embedsIPv4(bitsBelow: UInt128)
    }

    private let prefix: UInt128
    /// In bits, of 128.
    private let length: Int
    private let meaning: Meaning

    /// The scope in the most specific row; `reserved` when no row matches (unallocated space).
    static func scope(of address: IPv6Address) -> AddressScope {
        let rows = registry.filter { $0.contains(address) }
        switch rows.max(by: { $0.length < $1.length })?.meaning {
        case .scope(let scope):
            return scope
        case .embedsIPv4(let bitsBelow):
            let embedded = UInt32(truncatingIfNeeded: address.rawValue >> bitsBelow)
            return IPv4Address(rawValue: embedded).scope
        case nil:
            return .reserved
        }
    }

    private func contains(_ address: IPv6Address) -> Bool {
        (address.rawValue ^ prefix) >> (128 - length) == 0
    }

    /// An IPv4 row: the leading octets of the prefix, the others being 0, and its length of 32
    /// bits.
    private static func v4(_ octets: [UInt8], _ length: Int, _ scope: AddressScope) -> Self {
        let padded = octets + repeatElement(0, count: 4 - octets.count)
        let value = padded.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Self(
            prefix: IPv6Address(mapping: IPv4Address(rawValue: value)).rawValue,
            length: 96 + length, meaning: .scope(scope))
    }

    /// An IPv6 row: the leading groups of the prefix, the others being 0, and its length.
    private static func v6(_ groups: [UInt16], _ length: Int, _ scope: AddressScope) -> Self {
        v6(groups, length, .scope(scope))
    }

    private static func v6(_ groups: [UInt16], _ length: Int, _ meaning: Meaning) -> Self {
        let padded = groups + repeatElement(0, count: 8 - groups.count)
        let value = padded.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
        return Self(prefix: value, length: length, meaning: meaning)
    }
}

extension AddressBlock {
    /// IANA's registries of special-purpose and of multicast addresses, the sources beside the
    /// rows.
    private static let registry: [AddressBlock] = [
        v4([], 0, .public),
        v4([0], 8, .reserved),  // this network, RFC 791
        v4([0], 32, .unspecified),  // RFC 1122
        v4([10], 8, .private),  // RFC 1918
        v4([100, 64], 10, .shared),  // RFC 6598
        v4([127], 8, .loopback),  // RFC 1122
        v4([169, 254], 16, .linkLocal),  // RFC 3927
        v4([172, 16], 12, .private),  // RFC 1918
        v4([192, 0, 0], 24, .reserved),  // IETF, DS-Lite, anycast, NAT64 discovery: RFC 6890
        v4([192, 0, 2], 24, .documentation),  // RFC 5737
        v4([192, 31, 196], 24, .reserved),  // AS112, RFC 7535
        v4([192, 52, 193], 24, .reserved),  // AMT, RFC 7450
        v4([192, 88, 99], 24, .reserved),  // 6to4 relays, RFC 7526
        v4([192, 168], 16, .private),  // RFC 1918
        v4([192, 175, 48], 24, .reserved),  // AS112, RFC 7534
        v4([198, 18], 15, .reserved),  // benchmarking, RFC 2544
        v4([198, 51, 100], 24, .documentation),  // RFC 5737
        v4([203, 0, 113], 24, .documentation),  // RFC 5737
        v4([224], 4, .multicast),  // RFC 5771
        v4([240], 4, .reserved),  // RFC 1112; 255.255.255.255, RFC 919

        v6([], 128, .unspecified),  // RFC 4291
        v6([0, 0, 0, 0, 0, 0, 0, 1], 128, .loopback),  // RFC 4291
        v6([], 96, .reserved),  // IPv4-compatible, RFC 4291
        v6([0x64, 0xff9b], 96, .embedsIPv4(bitsBelow: 0)),  // NAT64, RFC 6052
        v6([0x64, 0xff9b, 1], 48, .reserved),  // local NAT64, RFC 8215
        v6([0x100], 64, .reserved),  // discard, RFC 6666
        v6([0x100, 0, 0, 1], 64, .reserved),  // dummy prefix, RFC 9780
        v6([0x2000], 3, .public),  // RFC 4291
        v6([0x2001], 23, .reserved),  // IETF, Teredo, anycast, ORCHID, …: RFC 2928
        v6([0x2001, 0xdb8], 32, .documentation),  // RFC 3849
        v6([0x2002], 16, .embedsIPv4(bitsBelow: 80)),  // 6to4, RFC 3056
        v6([0x2620, 0x4f, 0x8000], 48, .reserved),  // AS112, RFC 7534
        v6([0x3fff], 20, .documentation),  // RFC 9637
        v6([0x5f00], 16, .reserved),  // segment routing, RFC 9602
        v6([0xfc00], 7, .uniqueLocal),  // RFC 4193
        v6([0xfe80], 10, .linkLocal),  // RFC 4291
        v6([0xfec0], 10, .reserved),  // site-local, RFC 3879
        v6([0xff00], 8, .multicast),  // RFC 4291
    ]
}
