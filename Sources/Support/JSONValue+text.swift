extension JSONValue {
    /// The document on one line, with keys in alphabetical order and without a line end.
    ///
    /// Written here and not by JSONEncoder: that one leaves in what may not reach a terminal, and
    /// took a fifth of the time of a whole `natctl map`.
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .wideInteger(let value): text += String(value)
        // JSON has no word for what is not a number.
        case .number(let value): text += value.isFinite ? value.description : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let elements):
            text += "["
            for (index, element) in elements.enumerated() {
                if index > 0 { text += "," }
                element.write(to: &text)
            }
            text += "]"
        case .object(let members):
            Self.write(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, to: &text)
        }
    }

    /// The text of an object whose members are in alphabetical order already.
    package static func text(of members: [(name: String, value: JSONValue)]) -> String {
        var text = ""
        write(members, to: &text)
        return text
    }

    private static func write(_ members: [(name: String, value: JSONValue)], to text: inout String)
    {
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            write(member.name, to: &text)
            text += ":"
            member.value.write(to: &text)
        }
        text += "}"
    }

    /// A string in quotes; what controls a terminal, or changes the direction or the line of a
    /// text, is written as `\uXXXX`, so that showing the document shows the document (T-6).
    private static func write(_ string: String, to text: inout String) {
        text += "\""
        defer { text += "\"" }
        // Nearly all strings, and scalar by scalar they would take half the time of a long list.
        if string.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }) {
            text += string
            return
        }
        for scalar in string.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                text += "\\"
                text.unicodeScalars.append(scalar)
            case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
                0xFEFF:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default:
                text.unicodeScalars.append(scalar)
            }
        }
    }
}
