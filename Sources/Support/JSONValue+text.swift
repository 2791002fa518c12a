extension JSONValue {
    /// The document on one line, with keys in alphabetical order and without a line end.
    ///
    /// Written here and not by JSONEncoder: that one leaves in what may not reach a terminal, and
    /// took a fifth of the time of a whole `natctl map`.
    package var text: String {
        var text: [UInt8] = []
        write(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func write(to text: inout [UInt8]) {
        switch self {
        case .null: text += "null".utf8
        case .bool(let value): text += (value ? "true" : "false").utf8
        case .integer(let value): text += String(value).utf8
        case .wideInteger(let value): text += String(value).utf8
        // JSON has no word for what is not a number.
        case .number(let value): text += (value.isFinite ? value.description : "null").utf8
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.write(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            Self.write(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: &text)
        }
    }

    /// The text of an object whose members are in alphabetical order already.
    package static func text(of members: [(name: String, value: JSONValue)]) -> String {
        var text: [UInt8] = []
        write(members, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func write(
        _ members: [(name: String, value: JSONValue)], to text: inout [UInt8]
    ) {
        text.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            write(member.name, to: &text)
            text.append(UInt8(ascii: ":"))
            member.value.write(to: &text)
        }
        text.append(UInt8(ascii: "}"))
    }

    /// A string in quotes; what controls a terminal, or changes the direction or the line of a
    /// text, is written as `\uXXXX`, so that showing the document shows the document (T-6).
    private static func write(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        defer { text.append(UInt8(ascii: "\"")) }
        // Nearly all strings, and scalar by scalar they would take half the time of a long list.
        if string.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            text += string.utf8
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                text.append(UInt8(ascii: "\\"))
                text += String(scalar).utf8
            case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
                0xFEFF:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default:
                text += String(scalar).utf8
            }
        }
    }
}
