/// A typed field after the fixed part of a message (rtnetlink(7), struct rtattr).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Length, of these 4 and value  | Type, two bits of flags above |
/// | Value, padded to 4                                            |
/// ```
struct NetlinkAttribute: Equatable, Sendable {
    /// The type, without the flags "nested" and "network byte order".
    var type: UInt16
    var value: ArraySlice<UInt8>

    /// Reads the next attribute and its padding.
    init(parsing reader: inout ByteReader) throws(WireError) {
        let length: UInt16 = try reader.readHostOrder("attribute length")
        type = try reader.readHostOrder("attribute type") & 0x3FFF
        value = try reader.readRest(of: Int(length), after: 4, "attribute")
    }

    /// Reads all remaining attributes of a message.
    static func all(in rest: ByteReader) throws(WireError) -> [NetlinkAttribute] {
        var reader = rest
        var attributes: [NetlinkAttribute] = []
        while reader.count > 0 { attributes.append(try NetlinkAttribute(parsing: &reader)) }
        return attributes
    }

    /// The value as an integer in the machine's byte order.
    func integer<Value: FixedWidthInteger & UnsignedInteger>(
        _ field: String
    ) throws(WireError) -> Value {
        var reader = ByteReader(value)
        return try reader.readHostOrder(field)
    }

    /// The value as an address, of the family that its length implies.
    func address(_ field: String) throws(WireError) -> IPAddress {
        guard let address = IPAddress(octets: value) else {
            throw WireError(field: field, problem: "\(value.count) octets are no address")
        }
        return address
    }

    /// The value as zero-terminated text.
    var text: String { String(decoding: value.prefix { $0 != 0 }, as: UTF8.self) }
}

extension AddressFamily {
    /// The family with this number in the kernel's messages; `nil` for other families.
    init?(kernelNumber: UInt8) {
        switch kernelNumber {
        case 2: self = .ipv4
        case 10: self = .ipv6
        default: return nil
        }
    }

    /// AF_INET or AF_INET6, as in the first byte of a message.
    var kernelNumber: UInt8 {
        switch self {
        case .ipv4: 2
        case .ipv6: 10
        }
    }
}
