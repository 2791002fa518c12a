/// An address of an interface as the kernel describes it, RTM_NEWADDR (rtnetlink(7)).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Family        | Prefix length | Flags         | Scope         |
/// | Interface index                                               |
/// | Attributes                                                    |
/// ```
struct InterfaceAddress: Hashable, Sendable {
    private enum Attribute: UInt16 {
        case address = 1
        case local = 2
        case flags = 8
    }

    var interfaceIndex: UInt32
    var address: IPAddress
    /// The other end of a point-to-point link.
    var peer: IPAddress?
    var prefixLength: Int
    /// The IFA_F_ flags.
    var flags: UInt32

    /// Whether it is a temporary address (RFC 8981); for IPv4 the bit has another meaning.
    var isTemporary: Bool { address.family == .ipv6 && flags & 0x01 != 0 }
    /// Whether only old connections should use it (RFC 4862, section 5.5.4).
    var isDeprecated: Bool { flags & 0x20 != 0 }
    /// Whether it may not be unique: still being probed (even optimistically), or a duplicate.
    var isTentative: Bool { flags & (0x04 | 0x08 | 0x40) != 0 }

    init(
        interfaceIndex: UInt32, address: IPAddress, peer: IPAddress?, prefixLength: Int,
        flags: UInt32
    ) {
        self.interfaceIndex = interfaceIndex
        self.address = address
        self.peer = peer
        self.prefixLength = prefixLength
        self.flags = flags
    }

    /// Reads an address; `nil` for any other message or family.
    init?(parsing message: NetlinkMessage) throws(WireError) {
        guard message.kind == .newAddress else { return nil }
        var reader = ByteReader(message.body)
        let family: UInt8 = try reader.read("family")
        prefixLength = Int(try reader.read("prefix length") as UInt8)
        flags = UInt32(try reader.read("address flags") as UInt8)
        _ = try reader.read(count: 1, "scope")
        interfaceIndex = try reader.readHostOrder("interface index")

        var address: IPAddress?
        var local: IPAddress?
        for attribute in try NetlinkAttribute.all(in: reader) {
            switch Attribute(rawValue: attribute.type) {
            case .address: address = try attribute.address("address")
            case .local: local = try attribute.address("local address")
            case .flags: flags = try attribute.integer("address flags")
            case nil: break
            }
        }
        // If both are present and differ, the first is the peer's.
        guard let own = local ?? address, own.family.kernelNumber == family else { return nil }
        self.address = own
        peer = address == own ? nil : address
    }
}
