/// An IPv6 address, without a zone.
public struct IPv6Address: Hashable, Sendable, CustomStringConvertible {
    // Two halves, because Swift 6.3 can put a value that holds a UInt128 at an address divisible by
    // 8 and then load it as if it were divisible by 16, which ends the process.
    private let highHalf: UInt64
    private let lowHalf: UInt64

    /// The address as a number, most significant octet first.
    public var rawValue: UInt128 { UInt128(highHalf) << 64 | UInt128(lowHalf) }

    /// The address with this number.
    public init(rawValue: UInt128) {
        highHalf = UInt64(truncatingIfNeeded: rawValue >> 64)
        lowHalf = UInt64(truncatingIfNeeded: rawValue)
    }

    /// Reads the forms of RFC 4291, section 2.2, a dotted IPv4 tail included; no zone, no brackets.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let gap = Self.gap(in: bytes) else {
            guard let groups = Self.groups(bytes[...], allowsTail: true), groups.count == 8 else {
                return nil
            }
            self.init(groups: groups)
            return
        }
        guard let head = Self.groups(bytes[..<gap], allowsTail: false),
            let tail = Self.groups(bytes[(gap + 2)...], allowsTail: true),
            head.count + tail.count < 8
        else { return nil }
        let zeros = [UInt16](repeating: 0, count: 8 - head.count - tail.count)
        self.init(groups: head + zeros + tail)
    }

    private init(groups: [UInt16]) {
        self.init(rawValue: groups.reduce(0) { $0 << 16 | UInt128($1) })
    }

    /// Where `::` begins, if it occurs.
    ///
    /// A second `::` is not a group, so parsing the groups fails.
    private static func gap(in bytes: [UInt8]) -> Int? {
        let colon = UInt8(ascii: ":")
        return bytes.indices.dropLast().first { bytes[$0] == colon && bytes[$0 + 1] == colon }
    }

    /// Colon-separated groups of one to four hexadecimal digits; the last may be a dotted IPv4
    /// address.
    private static func groups(_ bytes: ArraySlice<UInt8>, allowsTail: Bool) -> [UInt16]? {
        if bytes.isEmpty { return [] }
        let fields = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, field) in fields.enumerated() {
            if allowsTail, index == fields.count - 1, field.contains(UInt8(ascii: ".")) {
                guard let address = IPv4Address(String(decoding: field, as: UTF8.self)) else {
                    return nil
                }
                groups.append(UInt16(truncatingIfNeeded: address.rawValue >> 16))
                groups.append(UInt16(truncatingIfNeeded: address.rawValue))
            } else {
                let text = String(decoding: field, as: UTF8.self)
                guard (1...4).contains(field.count), !text.hasPrefix("+"), !text.hasPrefix("-"),
                    let group = UInt16(text, radix: 16)
                else { return nil }
                groups.append(group)
            }
        }
        return groups
    }

    /// `::`.
    public static let unspecified = IPv6Address(rawValue: 0)
    /// `::1`.
    public static let loopback = IPv6Address(rawValue: 1)

    /// The IPv4-mapped form `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
    public init(mapping address: IPv4Address) {
        self.init(rawValue: 0xFFFF_0000_0000 | UInt128(address.rawValue))
    }

    /// The embedded address when this one is IPv4-mapped.
    public var mappedIPv4: IPv4Address? {
        guard rawValue >> 32 == 0xFFFF else { return nil }
        return IPv4Address(rawValue: UInt32(truncatingIfNeeded: rawValue))
    }

    /// The sixteen octets in wire order.
    public var octets: [UInt8] {
        stride(from: 120, through: 0, by: -8).map { UInt8(truncatingIfNeeded: rawValue >> $0) }
    }

    /// The eight groups of 16 bits, most significant first.
    var groups: [UInt16] {
        stride(from: 112, through: 0, by: -16).map { UInt16(truncatingIfNeeded: rawValue >> $0) }
    }

    /// The text of RFC 5952: lower case, the first longest run of zero groups as `::`, an
    /// IPv4-mapped address dotted.
    public var description: String {
        if let mapped = mappedIPv4 { return "::ffff:\(mapped)" }
        let groups = groups
        guard let run = longestZeroRun(of: groups) else { return Self.join(groups[...]) }
        return Self.join(groups[..<run.lowerBound]) + "::" + Self.join(groups[run.upperBound...])
    }

    private static func join(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }

    private func longestZeroRun(of groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > longest.count {
                longest = start..<index + 1
            }
        }
        return longest.count >= 2 ? longest : nil
    }
}
