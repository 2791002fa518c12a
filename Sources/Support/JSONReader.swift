extension JSONValue {
    /// Why bytes are no JSON document.
    package struct Malformed: Error {
        /// Where reading stopped, in bytes from the start.
        package let position: Int
    }

    /// Reads a document in UTF-8 (RFC 8259).
    ///
    /// Written here and not by JSONDecoder, which tries one type after the other for each value and
    /// took a third of a millisecond of each `natctl map`. Of two members with one name the first
    /// counts, as it does for JSONDecoder.
    ///
    /// - Throws: `Malformed`, also for what is nested deeper than 512 arrays and objects, and for
    ///   a number that no Double can be near.
    package init(parsing bytes: [UInt8]) throws(Malformed) {
        var reader = JSONReader(bytes)
        self = try reader.document()
    }
}

/// The bytes of a document, and how far they have been read.
private struct JSONReader {
    /// How many arrays and objects may be within each other: each takes a piece of the stack.
    private static let depthLimit = 512

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(JSONValue.Malformed) -> JSONValue {
        let value = try value()
        skipSpace()
        guard position == bytes.count else { throw malformed }
        return value
    }

    private var malformed: JSONValue.Malformed { .init(position: position) }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Reads `byte` if it is the next one.
    private mutating func takes(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func demand(_ byte: UInt8) throws(JSONValue.Malformed) {
        guard takes(byte) else { throw malformed }
    }

    private mutating func skipSpace() {
        while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    private mutating func value() throws(JSONValue.Malformed) -> JSONValue {
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        default: return try number()
        }
    }

    private mutating func word(
        _ word: StaticString, _ value: JSONValue
    ) throws(JSONValue.Malformed) -> JSONValue {
        for byte in "\(word)".utf8 { try demand(byte) }
        return value
    }

    /// Reads what stands between two brackets, item by item with commas between them.
    private mutating func list(
        until end: UInt8, _ item: (inout Self) throws(JSONValue.Malformed) -> Void
    ) throws(JSONValue.Malformed) {
        position += 1
        depth += 1
        guard depth <= Self.depthLimit else { throw malformed }
        skipSpace()
        if !takes(end) {
            repeat {
                try item(&self)
                skipSpace()
            } while takes(UInt8(ascii: ","))
            try demand(end)
        }
        depth -= 1
    }

    private mutating func elements() throws(JSONValue.Malformed) -> [JSONValue] {
        var elements: [JSONValue] = []
        try list(until: UInt8(ascii: "]")) { reader throws(JSONValue.Malformed) in
            elements.append(try reader.value())
        }
        return elements
    }

    private mutating func members() throws(JSONValue.Malformed) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        try list(until: UInt8(ascii: "}")) { reader throws(JSONValue.Malformed) in
            reader.skipSpace()
            let name = try reader.string()
            reader.skipSpace()
            try reader.demand(UInt8(ascii: ":"))
            let value = try reader.value()
            if members[name] == nil { members[name] = value }
        }
        return members
    }

    private mutating func string() throws(JSONValue.Malformed) -> String {
        try demand(UInt8(ascii: "\""))
        var start = position
        /// What stood before the last escape.
        var text: [UInt8] = []
        while true {
            switch next {
            case UInt8(ascii: "\""):
                let end = bytes[start..<position]
                let string =
                    text.isEmpty
                    ? String(validating: end, as: UTF8.self)
                    : String(validating: text + end, as: UTF8.self)
                guard let string else { throw malformed }
                position += 1
                return string
            case UInt8(ascii: "\\"):
                text += bytes[start..<position]
                position += 1
                text += Array(String(Character(try escape())).utf8)
                start = position
            case let byte? where byte >= 0x20: position += 1
            default: throw malformed
            }
        }
    }

    /// Reads what follows a backslash.
    private mutating func escape() throws(JSONValue.Malformed) -> Unicode.Scalar {
        guard let letter = next else { throw malformed }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(letter)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw malformed
        }
        let unit = try fourDigits()
        // What UTF-16 says in two halves, either of which alone is none (RFC 8259, section 7).
        if UTF16.isLeadSurrogate(unit) {
            try demand(UInt8(ascii: "\\"))
            try demand(UInt8(ascii: "u"))
            let second = try fourDigits()
            guard UTF16.isTrailSurrogate(second) else { throw malformed }
            let units = Unicode.UTF16.EncodedScalar([unit, second])
            return Unicode.UTF16.decode(units)
        }
        guard let scalar = Unicode.Scalar(unit) else { throw malformed }
        return scalar
    }

    private mutating func fourDigits() throws(JSONValue.Malformed) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next,
                let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw malformed }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }

    private mutating func number() throws(JSONValue.Malformed) -> JSONValue {
        let start = position
        _ = takes(UInt8(ascii: "-"))
        // No number starts with a needless zero (RFC 8259, section 6).
        if !takes(UInt8(ascii: "0")) { try digits() }
        if takes(UInt8(ascii: ".")) { try digits() }
        if takes(UInt8(ascii: "e")) || takes(UInt8(ascii: "E")) {
            if !takes(UInt8(ascii: "+")) { _ = takes(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let value = Int64(text) { return .integer(value) }
        if let value = Int128(text) { return .wideInteger(value) }
        guard let value = Double(text), value.isFinite else { throw malformed }
        // Beyond 2^53 a Double is the nearest number, and no longer the one that was written.
        let isExact = value.magnitude <= 0x1p53
        return isExact
            ? Int64(exactly: value).map(JSONValue.integer) ?? .number(value) : .number(value)
    }

    /// Reads one digit or more.
    private mutating func digits() throws(JSONValue.Malformed) {
        let start = position
        while let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) { position += 1 }
        guard position > start else { throw malformed }
    }
}
