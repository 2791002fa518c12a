/// The routing tables as text, for sandboxes that forbid netlink.
///
/// They contain less: only the main table, one hop of a multipath route, no IPv6 router of an IPv4
/// route. Malformed lines are skipped.
extension DefaultRoute {
    // RTF_UP, RTF_GATEWAY and RTF_REJECT.
    private static let up: UInt32 = 0x1
    private static let throughGateway: UInt32 = 0x2
    private static let reject: UInt32 = 0x200

    /// Reads /proc/net/route.
    ///
    /// Eleven columns: interface, destination, gateway, flags, two counters, metric, mask, three
    /// more. Addresses are the number of 8 hexadecimal digits whose bytes in memory are the
    /// address.
    ///
    /// - Parameters:
    ///   - text: the file's contents.
    ///   - index: returns the index of the interface with this name.
    /// - Returns: the default routes in the file's order.
    static func parse(procIPv4 text: String, index: (String) -> UInt32?) -> [DefaultRoute] {
        text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count == 11, let network = address(fields[1]),
                let gateway = address(fields[2]), let flags = UInt32(fields[3], radix: 16),
                let metric = UInt32(fields[6]), let mask = address(fields[7]),
                let destination = Destination(network: network, mask: mask),
                flags & (up | reject) == up, let index = index(String(fields[0]))
            else { return nil }
            var route = DefaultRoute(family: .ipv4, destination: destination, metric: metric)
            let router = flags & throughGateway == 0 ? nil : IPAddress.v4(gateway)
            route.hops = [Hop(gateway: router, interfaceIndex: index)]
            return route
        }
    }

    /// Reads /proc/net/ipv6_route.
    ///
    /// Ten columns: destination, its length, source, its length, next hop, metric, two counters,
    /// flags, interface; numbers are hexadecimal, addresses in the order they are sent.
    static func parse(procIPv6 text: String, index: (String) -> UInt32?) -> [DefaultRoute] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split { $0 == " " || $0 == "\t" }
            guard fields.count == 10, let network = UInt128(fields[0], radix: 16),
                let length = UInt8(fields[1], radix: 16), length <= 1,
                let nextHop = UInt128(fields[4], radix: 16),
                let metric = UInt32(fields[5], radix: 16), let flags = UInt32(fields[8], radix: 16),
                flags & (up | reject) == up, let index = index(String(fields[9]))
            else { return nil }
            var route = DefaultRoute(family: .ipv6, metric: metric)
            if length == 1 { route.destination = network >> 127 == 0 ? .lowerHalf : .upperHalf }
            route.preference = Preference(icmpv6: UInt8(truncatingIfNeeded: flags >> 27) & 3)
            let router = flags & throughGateway == 0 ? nil : IPv6Address(rawValue: nextHop)
            route.hops = [Hop(gateway: router.map(IPAddress.v6), interfaceIndex: index)]
            return route
        }
    }

    private static func address(_ digits: Substring) -> IPv4Address? {
        UInt32(digits, radix: 16).map { IPv4Address(rawValue: UInt32(bigEndian: $0)) }
    }
}

extension DefaultRoute.Destination {
    fileprivate init?(network: IPv4Address, mask: IPv4Address) {
        switch mask.rawValue {
        case 0: self = .everything
        case 0x8000_0000: self = network.rawValue >> 31 == 0 ? .lowerHalf : .upperHalf
        default: return nil
        }
    }
}
