/// A port from 1 to 65535.
///
/// It excludes zero, which on the wire means "any" in one message and "delete all" in another.
public struct PortNumber: RawRepresentable, Hashable, Comparable, Sendable,
    CustomStringConvertible, ExpressibleByIntegerLiteral
{
    /// The number.
    public let rawValue: UInt16

    /// The port of this number; `nil` for 0.
    public init?(rawValue: UInt16) {
        guard rawValue != 0 else { return nil }
        self.rawValue = rawValue
    }

    /// The port of this number; `nil` for one that is none.
    public init?(_ number: Int) {
        guard let value = UInt16(exactly: number) else { return nil }
        self.init(rawValue: value)
    }

    /// A port that stands in the source code.
    ///
    /// - Precondition: it is not 0.
    public init(integerLiteral value: UInt16) {
        precondition(value != 0, "0 is no port")
        rawValue = value
    }

    /// Reads a decimal number from 1 to 65535, digits alone.
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

    /// The port of HTTP.
    static let http: PortNumber = 80

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
