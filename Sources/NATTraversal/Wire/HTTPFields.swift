/// The header fields of an HTTP or SSDP message, in the order they came.
struct HTTPFields: Hashable, Sendable {
    /// One field: a name as it was spelled, and a value without blanks around it.
    struct Field: Hashable, Sendable {
        var name: String
        var value: String
    }

    /// What one line of a header section is.
    enum Line: Hashable, Sendable {
        case field(Field)
        /// It begins with a blank and continues the line before; nobody needs those.
        case folded
        /// It has no colon, or nothing in front of it.
        case malformed

        /// Reads a line without its end; bytes that are no UTF-8 are replaced.
        init(parsing line: ArraySlice<UInt8>) {
            if line.first == UInt8(ascii: " ") || line.first == UInt8(ascii: "\t") {
                self = .folded
                return
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                self = .malformed
                return
            }
            self = .field(
                Field(
                    name: Self.text(line[..<colon]),
                    value: Self.text(line[line.index(after: colon)...])))
        }

        private static func text(_ bytes: ArraySlice<UInt8>) -> String {
            let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            }
            let rest = bytes.drop(while: isBlank)
            let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? rest.startIndex
            return String(decoding: rest[..<end], as: UTF8.self)
        }
    }

    private(set) var all: [Field] = []

    /// Appends a field behind the others.
    mutating func append(_ field: Field) { all.append(field) }

    /// The value of the first field of this name, whatever its case (S-5).
    subscript(name: String) -> String? { values(of: name).first }

    /// The values of all fields of this name, whatever its case.
    func values(of name: String) -> [String] {
        all.filter { $0.name.isEqualIgnoringCase(name) }.map(\.value)
    }
}

extension StringProtocol {
    /// Whether both are the same but for the case of ASCII letters.
    func isEqualIgnoringCase(_ other: some StringProtocol) -> Bool {
        utf8.count == other.utf8.count
            && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension UInt8 {
    /// The lower-case form of an ASCII letter; any other byte as it is.
    var asciiLowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
