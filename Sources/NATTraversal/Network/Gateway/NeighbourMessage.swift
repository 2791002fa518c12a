/// The kernel's RTM_NEWNEIGH (rtnetlink(7)): what ARP or neighbour discovery has found.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Family        | Padding                                       |
/// | Interface index                                               |
/// | State                         | Flags         | Type          |
/// | Attributes                                                    |
/// ```
extension [UInt8] {
    /// NUD_INCOMPLETE and NUD_FAILED: the address that was known earlier, if any, is not this one's.
    private static let unresolved: UInt16 = 0x21
    /// NDA_LLADDR.
    private static let linkLayerAddress: UInt16 = 2

    /// Reads a neighbour's link-layer address; `nil` for any other message, and when it has none or
    /// only zeros, as on loopback and in tunnels.
    init?(linkLayerAddressIn message: NetlinkMessage) throws(WireError) {
        guard message.kind == .newNeighbour else { return nil }
        var reader = ByteReader(message.body)
        _ = try reader.read(count: 8, "family, interface index")
        let state: UInt16 = try reader.readHostOrder("neighbour state")
        _ = try reader.read(count: 2, "flags, type")
        guard state & Self.unresolved == 0 else { return nil }
        let attribute = try NetlinkAttribute.all(in: reader).first {
            $0.type == Self.linkLayerAddress
        }
        guard let attribute, attribute.value.contains(where: { $0 != 0 }) else { return nil }
        self.init(attribute.value)
    }
}
