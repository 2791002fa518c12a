/// An interface as the kernel describes it, RTM_NEWLINK (rtnetlink(7)).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Family        | 0             | Hardware type                 |
/// | Interface index                                               |
/// | Flags (netdevice(7))                                          |
/// | Change mask                                                   |
/// | Attributes                                                    |
/// ```
struct InterfaceLink: Hashable, Sendable {
    private static let nameAttribute: UInt16 = 3
    /// IFLA_LINKINFO, and in it IFLA_INFO_KIND.
    private static let informationAttribute: UInt16 = 18
    private static let kindAttribute: UInt16 = 1

    var index: UInt32
    var name: String
    /// The IFF_ flags.
    var flags: UInt32

    var isUp: Bool { flags & 0x1 != 0 }
    var isLoopback: Bool { flags & 0x8 != 0 }
    var isPointToPoint: Bool { flags & 0x10 != 0 }

    init(index: UInt32, name: String, flags: UInt32) {
        self.index = index
        self.name = name
        self.flags = flags
    }

    /// Reads an interface; `nil` for any other message.
    init?(parsing message: NetlinkMessage) throws(WireError) {
        guard message.kind == .newLink else { return nil }
        var reader = ByteReader(message.body)
        _ = try reader.read(count: 4, "family, hardware type")
        index = try reader.readHostOrder("interface index")
        flags = try reader.readHostOrder("interface flags")
        _ = try reader.read(count: 4, "change mask")
        var name: String?
        // Stops as soon as possible: a link has a kilobyte of attributes.
        while name == nil, reader.count > 0 {
            let attribute = try NetlinkAttribute(parsing: &reader)
            if attribute.type == Self.nameAttribute { name = attribute.text }
        }
        guard let name, !name.isEmpty else {
            throw WireError(field: "interface name", problem: "missing")
        }
        self.name = name
    }

    /// Reads the kind of a virtual interface; `nil` when it has none.
    static func kind(parsing message: NetlinkMessage) throws(WireError) -> String? {
        guard message.kind == .newLink else { return nil }
        var reader = ByteReader(message.body)
        _ = try reader.read(count: 16, "link header")
        let information = try NetlinkAttribute.all(in: reader).first {
            $0.type == informationAttribute
        }
        guard let information else { return nil }
        return try NetlinkAttribute.all(in: ByteReader(information.value)).first {
            $0.type == kindAttribute
        }?.text
    }
}
