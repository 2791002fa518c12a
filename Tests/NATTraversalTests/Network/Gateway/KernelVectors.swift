@testable import NATTraversal

/// Answers of a Linux 6.18 kernel, as its netlink socket gave them on a little-endian machine.
enum KernelVectors {
    /// The default route by 192.168.77.1 on interface 2, then the end of the dump.
    static let ipv4Route = bytes(
        "34000000 18000200 01000000 68250000 02000000 fe030001 00000000 08000f00"
            + "fe000000 08000500 c0a84d01 08000400 02000000")
    static let done = bytes("14000000 03000200 01000000 68250000 00000000")
    /// The default route by fd77::1 on interface 2, metric 1024.
    static let ipv6Route = bytes(
        "74000000 18000200 02000000 68250000 0a000000 fe030001 00000000 08000f00"
            + "fe000000 08000600 00040000 14000500 fd770000 00000000 00000000 00000001"
            + "08000400 02000000 24000c00 00000000 00000000 00000000 00000000 00000000"
            + "00000000 00000000 00000000 05001400 00000000")
    /// Metric 100, one part by 192.168.77.1 and three by 192.168.77.254.
    static let multipathRoute = bytes(
        "50000000 18000200 0a000000 68250000 02000000 fe040001 00000000 08000f00"
            + "fe000000 08000600 64000000 24000900 10000000 02000000 08000500 c0a84d01"
            + "10000002 02000000 08000500 c0a84dfe")
    /// No route to 198.51.100.1: ENETUNREACH.
    static let unreachable = bytes(
        "38000000 02000000 08000000 68250000 9bffffff 24000000 1a000100 08000000"
            + "00000000 02200000 00000000 00000000 08000100 c6336401")
    /// fd77::10/64 on interface 2, PERMANENT and NODAD.
    static let ipv6Address = bytes(
        "48000000 14000200 05000000 68250000 0a408200 02000000 14000100 fd770000"
            + "00000000 00000000 00000010 14000600 ffffffff ffffffff fd8c0400 fd8c0400"
            + "08000800 82000000")
    /// 192.168.77.10/24 on interface 2, labelled eth0.
    static let ipv4Address = bytes(
        "50000000 14000200 06000000 68250000 02188000 02000000 08000100 c0a84d0a"
            + "08000200 c0a84d0a 09000300 65746830 00000000 08000800 80000000 14000600"
            + "ffffffff ffffffff fc8c0400 fc8c0400")
    /// The beginning of an Ethernet interface's answer, its length made that of what is left of it:
    /// index 2, UP, BROADCAST, RUNNING, MULTICAST, LOWER_UP; the name added.
    static let link = bytes(
        "2c000000 10000200 07000000 46270000 00000100 02000000 03100100 00000000"
            + "09000300 65746830 00000000")
    /// fd77::1 on interface 2 has been resolved to e6:9d:d9:cb:6f:76; REACHABLE, a router.
    static let neighbour = bytes(
        "58000000 1c000000 0b000000 68250000 0a000000 02000000 02008001 14000100"
            + "fd770000 00000000 00000000 00000001 0a000200 e69dd9cb 6f760000 08000400"
            + "04000000 14000300 bc000000 bc000000 bc000000 02000000")
    /// Nobody has answered at 2a00:77:1::99: INCOMPLETE, without a link-layer address.
    static let unresolvedNeighbour = bytes(
        "4c000000 1c000000 0d000000 68250000 0a000000 02000000 01000001 14000100"
            + "2a000077 00010000 00000000 00000099 08000400 05000000 14000300 1a180000"
            + "aa000000 aa000000 02000000")
    /// The port to which these were sent; of the link it was 0x2746.
    static let port: UInt32 = 0x2568

    static let all = [
        ipv4Route, done, ipv6Route, multipathRoute, unreachable, ipv6Address, ipv4Address, link,
        neighbour, unresolvedNeighbour,
    ]

    /// The one message of a datagram.
    static func message(_ datagram: [UInt8]) throws(WireError) -> NetlinkMessage {
        var reader = ByteReader(datagram)
        return try NetlinkMessage(parsing: &reader)
    }

    /// A route message to everything with these attributes, each with its type.
    static func route(
        flags: UInt8 = 0, length: UInt8 = 0, type: UInt8 = 1, family: UInt8 = 2,
        _ attributes: [(UInt8, [UInt8])]
    ) throws -> NetlinkMessage {
        var body: [UInt8] = [family, length, 0, 0, 254, 3, 0, type, flags, 0, 0, 0]
        for (type, value) in attributes {
            body += [UInt8(4 + value.count), 0, type, 0] + value
            body += repeatElement(0, count: -value.count & 3)
        }
        return try message(
            [UInt8(16 + body.count), 0, 0, 0, 24, 0, 2, 0] + [1, 0, 0, 0] + [0, 0, 0, 0] + body)
    }
}
