/// An IPv4 address.
public struct IPv4Address: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number, most significant octet first: 127.0.0.1 is 0x7F000001.
    public let rawValue: UInt32

    /// The address with this number.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// 255.255.255.255 (RFC 919): every host of the link.
    package static let broadcast = IPv4Address(rawValue: .max)

    /// Reads four decimal fields from 0 to 255, without leading zeros, short forms or blanks.
    public init?(_ text: String) {
        let fields = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard fields.count == 4 else { return nil }
        var value: UInt32 = 0
        for field in fields {
            guard let octet = Self.octet(field) else { return nil }
            value = value << 8 | UInt32(octet)
        }
        rawValue = value
    }

    private static func octet(_ field: Substring.UTF8View.SubSequence) -> UInt8? {
        guard (1...3).contains(field.count), field.count == 1 || field.first != UInt8(ascii: "0")
        else { return nil }
        var value: UInt16 = 0
        for digit in field {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + UInt16(digit - UInt8(ascii: "0"))
        }
        return UInt8(exactly: value)
    }

    /// 0.0.0.0.
    public static let unspecified = IPv4Address(rawValue: 0)
    /// 127.0.0.1.
    public static let loopback = IPv4Address(rawValue: 0x7F00_0001)

    /// The four octets in wire order.
    public var octets: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> $0) }
    }

    /// The address in dotted decimal.
    public var description: String {
        let octets = octets
        return "\(octets[0]).\(octets[1]).\(octets[2]).\(octets[3])"
    }
}
