// What ArgumentParser takes from Foundation, for the programs that are released.
//
// Foundation is a quarter of the file and a quarter of the records that the runtime walks through, at
// each start some thirty times, to find out what conforms to what. ArgumentParser needs it for an
// error's text and for its description of the commands, which is made of structures, arrays, texts
// and flags: `natctl` reads it after a mistake, to say what was meant.

public protocol LocalizedError: Error {
    var errorDescription: String? { get }
}

public final class JSONEncoder {
    public struct OutputFormatting: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) { self.rawValue = rawValue }

        public static let prettyPrinted = OutputFormatting(rawValue: 1)
        public static let sortedKeys = OutputFormatting(rawValue: 2)
    }

    /// Of no effect: a document is one line.
    public var outputFormatting: OutputFormatting = []

    public init() {}

    public func encode(_ value: some Encodable) throws -> Data { Data(text: json(value)) }
}

public struct Data {
    fileprivate var text: String
}

extension String {
    public enum Encoding {
        case utf8
    }

    public init?(data: Data, encoding: Encoding) { self = data.text }
}

/// A value in JSON, as Foundation writes what has no `encode(to:)` of its own.
private func json(_ value: Any) -> String {
    switch value {
    case let text as String: return quoted(text)
    case let number as Int: return "\(number)"
    case let flag as Bool: return "\(flag)"
    case let value as any RawRepresentable<String>: return quoted(value.rawValue)
    default: break
    }
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .collection: return "[\(mirror.children.map { json($0.value) }.joined(separator: ","))]"
    case .dictionary:
        return object(
            mirror.children.map { pair in
                let parts = Mirror(reflecting: pair.value).children.map(\.value)
                return ("\(parts[0])", parts[1])
            })
    case .optional: return mirror.children.first.map { json($0.value) } ?? "null"
    case .enum where mirror.children.isEmpty: return "{\(quoted("\(value)")):{}}"
    default:
        return object(mirror.children.compactMap { child in child.label.map { ($0, child.value) } })
    }
}

/// An object without the members that are null.
private func object(_ members: [(name: String, value: Any)]) -> String {
    let texts = members.map { (name: $0.name, text: json($0.value)) }.filter { $0.text != "null" }
    return "{\(texts.map { "\(quoted($0.name)):\($0.text)" }.joined(separator: ","))}"
}

private func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> String in
        switch scalar.value {
        case 0x22, 0x5C: return "\\\(scalar)"
        case ..<0x20:
            let digits = String(scalar.value, radix: 16)
            return "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)"
        default: return String(scalar)
        }
    }
    return "\"\(scalars.joined())\""
}
