/// A port from 1 to 65535.
///
/// It excludes zero, which on the wire means "any" in one message and "delete all" in another.
public struct PortNumber: RawRepresentable, Hashable, Comparable, Sendable,
    CustomStringConvertible
{
    /// The number.
    public let rawValue: UInt16

    /// The port of this number; `nil` for 0.
    public init?(rawValue: UInt16) {
        guard rawValue != 0 else { return nil }
        self.rawValue = rawValue
    }

    /// Reads a decimal number from 1 to 65535, only digits.
    public init?(_ text: String) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = UInt16(text)
        else { return nil }
        self.init(rawValue: value)
    }

    /// Whether `first` is the lower number.
    public static func < (first: Self, second: Self) -> Bool { first.rawValue < second.rawValue }

    /// The number in decimal.
    public var description: String { String(rawValue) }

    private init(valid value: UInt16) { rawValue = value }

    /// The port of HTTP, 80.
    static let http = PortNumber(valid: 80)

    /// Draws a port of the dynamic range, 49152 to 65535, which few servers use (RFC 6335, section
    /// 6).
    static func randomDynamic() -> PortNumber {
        PortNumber(valid: .random(in: 49152...65535))
    }
}

/// The transports whose ports can be mapped.
public enum TransportProtocol: String, Sendable, CaseIterable {
    case tcp
    case udp
}
