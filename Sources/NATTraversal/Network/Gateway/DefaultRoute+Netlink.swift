/// The kernel's RTM_NEWROUTE (rtnetlink(7)).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Family        | Prefix length | Source length | TOS           |
/// | Table         | Protocol      | Scope         | Type          |
/// | Flags                                                         |
/// | Attributes                                                    |
/// ```
extension DefaultRoute {
    fileprivate enum Attribute: UInt16 {
        case destination = 1
        case outputInterface = 4
        case gateway = 5
        case priority = 6
        case multipath = 9
        case table = 15
        case via = 18
        case preference = 20
    }

    private static let unicast: UInt8 = 1
    /// RTNH_F_DEAD and RTNH_F_LINKDOWN, in a route's flags and in a hop's.
    private static let unusable: UInt8 = 0x11
    /// RTM_F_CLONED: an entry of the cache, which old kernels list with the routes.
    private static let cached: UInt32 = 0x200

    /// Reads a route; `nil` when it is narrower, not unicast, for one type of service alone, leads
    /// nowhere at present, or is neither IPv4 nor IPv6.
    init?(parsing message: NetlinkMessage) throws(WireError) {
        guard message.kind == .newRoute else { return nil }
        var reader = ByteReader(message.body)
        let family = AddressFamily(kernelNumber: try reader.read("family"))
        let prefixLength: UInt8 = try reader.read("prefix length")
        _ = try reader.read(count: 1, "source length")
        let tos: UInt8 = try reader.read("TOS")
        table = UInt32(try reader.read("table") as UInt8)
        _ = try reader.read(count: 2, "protocol, scope")
        let type: UInt8 = try reader.read("route type")
        let flags: UInt32 = try reader.readHostOrder("route flags")
        // Checked before the attributes, because a host can have thousands of other routes.
        guard prefixLength <= 1, type == Self.unicast, tos == 0, flags & Self.cached == 0,
            let family
        else { return nil }
        self.family = family
        if prefixLength == 1 { destination = .lowerHalf }

        var hop = Hop(interfaceIndex: 0)
        for attribute in try NetlinkAttribute.all(in: reader) {
            switch Attribute(rawValue: attribute.type) {
            case .destination where prefixLength == 1:
                let first = attribute.value.first ?? 0
                destination = first & 0x80 == 0 ? .lowerHalf : .upperHalf
            case .priority: metric = try attribute.integer("metric")
            case .table: table = try attribute.integer("table")
            case .preference: preference = Preference(icmpv6: try attribute.integer("preference"))
            case .multipath: hops = try Self.hops(parsing: ByteReader(attribute.value))
            case .destination, .outputInterface, .gateway, .via, nil: try hop.take(attribute)
            }
        }
        if hop.interfaceIndex != 0, UInt8(truncatingIfNeeded: flags) & Self.unusable == 0 {
            hops.append(hop)
        }
        if hops.isEmpty { return nil }
    }

    /// The hops of RTA_MULTIPATH that can be used, each 8 bytes and its attributes.
    ///
    /// ```text
    ///  0                   1                   2                   3
    ///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
    /// | Length, padding excluded      | Flags         | Weight - 1    |
    /// | Interface index                                               |
    /// ```
    private static func hops(parsing value: ByteReader) throws(WireError) -> [Hop] {
        var reader = value
        var hops: [Hop] = []
        while reader.count > 0 {
            let length: UInt16 = try reader.readHostOrder("hop length")
            let flags: UInt8 = try reader.read("hop flags")
            let weight: UInt8 = try reader.read("hop weight")
            var hop = Hop(
                interfaceIndex: try reader.readHostOrder("hop interface"), weight: Int(weight) + 1)
            let rest = try reader.readRest(of: Int(length), after: 8, "hop")
            for attribute in try NetlinkAttribute.all(in: ByteReader(rest)) {
                try hop.take(attribute)
            }
            if hop.interfaceIndex != 0, flags & unusable == 0 { hops.append(hop) }
        }
        return hops
    }
}

extension DefaultRoute.Hop {
    /// Reads the answer to `NetlinkRequest.route`: the one hop that the kernel chose.
    init?(parsing message: NetlinkMessage) throws(WireError) {
        guard message.kind == .newRoute else { return nil }
        var reader = ByteReader(message.body)
        _ = try reader.read(count: 12, "route header")
        self.init(interfaceIndex: 0)
        for attribute in try NetlinkAttribute.all(in: reader) { try take(attribute) }
        if interfaceIndex == 0 { return nil }
    }

    /// Stores an attribute that describes the hop, and ignores any other.
    fileprivate mutating func take(_ attribute: NetlinkAttribute) throws(WireError) {
        switch DefaultRoute.Attribute(rawValue: attribute.type) {
        case .outputInterface:
            interfaceIndex = try attribute.integer("interface")
        case .gateway:
            gateway = try attribute.address("gateway")
        case .via:
            // A gateway of another family than the route: the family, then the address.
            gateway = IPAddress(octets: attribute.value.dropFirst(2))
        default:
            break
        }
        if gateway?.isUnspecified == true { gateway = nil }
    }
}

extension DefaultRoute.Preference {
    /// From the two bits of a router advertisement, 0 medium, 1 high, 3 low.
    init(icmpv6 bits: UInt8) {
        switch bits {
        case 1: self = .high
        case 3: self = .low
        default: self = .medium
        }
    }
}
