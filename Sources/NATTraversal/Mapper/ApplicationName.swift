/// The name under which an application keeps its leases and shows its mappings to gateways.
///
/// Letters and digits of ASCII, and between them blanks and `-`, `_` and `.`; at most 32 bytes. So
/// it is a safe name of a folder, and no gateway chokes on it.
public struct ApplicationName: Hashable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral
{
    /// The name as it was given.
    public let description: String

    /// The most bytes that a description may have for the pickiest gateways.
    private static let limit = 32

    /// The name of natctl itself.
    static let natctl = ApplicationName("natctl")

    /// A name that is found out while the program runs; `nil` for one that cannot be used.
    public init?(_ text: String) {
        guard (1...Self.limit).contains(text.utf8.count),
            text.utf8.allSatisfy({ Self.isPlain($0) || " -_.".utf8.contains($0) }),
            let first = text.utf8.first, let last = text.utf8.last,
            Self.isPlain(first), Self.isPlain(last)
        else { return nil }
        description = text
    }

    /// A name that stands in the source code.
    ///
    /// - Precondition: it can be used.
    public init(stringLiteral text: StaticString) {
        guard let name = Self(text.description) else {
            // Only a literal in the program gets here, never foreign text.
            preconditionFailure("\(text) cannot be the name of an application")
        }
        self = name
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }

    /// The description for gateways that refuse another one: the name, in letters, digits and
    /// blanks.
    var plainDescription: String {
        String(decoding: description.utf8.map { Self.isPlain($0) ? $0 : 0x20 }, as: UTF8.self)
    }

    /// The description of a mapping that was given none, `NAME tcp 8080`: a long name is cut.
    func mappingDescription(_ transport: TransportProtocol, _ port: PortNumber) -> String {
        let port = " \(transport.rawValue) \(port)"
        var name = plainDescription.prefix(max(0, Self.limit - port.utf8.count))
        while name.last == " " { name.removeLast() }
        return String(name) + port
    }
}
