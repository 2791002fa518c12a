/// An element to be written; the library escapes its texts.
struct XMLOutputElement {
    /// The name as it is written, with its prefix.
    var name: String
    /// Attributes in the order they are written.
    var attributes: [(name: String, value: String)] = []
    /// The character data before the first child.
    var text = ""
    /// The elements inside.
    var children: [XMLOutputElement] = []

    /// The element as UTF-8 on one line, without a declaration in front (H-3).
    ///
    /// - Throws: `XMLOutputError` when a text holds what no XML 1.0 document may hold, or a name is
    ///   none; the library would write both as they are (T-11).
    func serialized() throws(XMLOutputError) -> [UInt8] {
        try check()
        guard let writer = LibXML2Writer(), writer.write(self) else { throw .library }
        return writer.bytes
    }

    private func check() throws(XMLOutputError) {
        for name in [name] + attributes.map(\.name) {
            guard Self.isName(name) else { throw .name(name) }
        }
        for text in [text] + attributes.map(\.value) {
            guard text.unicodeScalars.allSatisfy(Self.isAllowed) else {
                throw .character(in: name)
            }
        }
        for child in children { try child.check() }
    }

    /// Whether `name` is one of letters, digits, `.`, `-`, `_` and at most one colon, all ASCII,
    /// beginning with a letter or `_`.
    ///
    /// XML allows more; no UPnP document uses it.
    private static func isName(_ name: String) -> Bool {
        let parts = name.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        return (1...2).contains(parts.count)
            && parts.allSatisfy { part in
                guard let first = part.first, isLetter(first) else { return false }
                return part.allSatisfy { byte in
                    isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
                }
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || byte == UInt8(ascii: "_")
    }

    /// XML 1.0's `Char`: no controls but tab and the two line ends, no surrogates, no U+FFFE, U+FFFF.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: true
        case 0..<0x20, 0xFFFE, 0xFFFF: false
        default: true
        }
    }
}

/// Why an element cannot be written.
enum XMLOutputError: Error, Hashable, Sendable {
    /// This is not the name of an element or attribute.
    case name(String)
    /// The element of this name holds a character that XML has no place for.
    case character(in: String)
    /// The library had no memory.
    case library
}
