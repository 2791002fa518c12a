import FoundationEssentials

extension JSONValue {
    /// Reads a document.
    ///
    /// - Throws: `DecodingError` for bytes that are none.
    package init(parsing bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
    }

    /// The document on one line, with keys in alphabetical order and without a line end.
    ///
    /// Controls and what changes the direction or the line of a text are written as `\uXXXX`, so
    /// that showing the document in a terminal shows the document (threats.md T-6).
    package var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // A value of these cases always encodes, except for a number that is none (NaN).
        guard let data = try? encoder.encode(self) else { return "null" }
        let document = String(decoding: data, as: UTF8.self)
        guard document.unicodeScalars.contains(where: Self.isEscaped) else { return document }
        return document.unicodeScalars.reduce(into: "") { text, scalar in
            if Self.isEscaped(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// DEL, C1, line and paragraph separator, bidirectional controls; the encoder escapes C0.
    private static func isEscaped(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x7F...0x9F, 0x61C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
