import NATTraversalSupport

/// Where a document begins and ends, and that it is within its limits, found before any parser runs.
///
/// The scan knows only what delimits: tags, quotes, comments, CDATA sections and processing
/// instructions. It holds for every encoding in which the ASCII characters are ASCII bytes; the
/// others are refused. Three things follow from it: padding and second documents behind the root are
/// cut off (D-1), an answer whose length is unknown or wrong is seen to be whole (H-6), and no parser
/// spends time or memory on more than the limits allow (libxml2 2.9 compares every attribute of an
/// element with every other).
struct XMLOutline {
    /// From the first character to the end of the root element, or to the end of the bytes when the
    /// root is not closed.
    let document: ArraySlice<UInt8>
    /// Whether the root element is closed.
    let isComplete: Bool
    /// Whether the document is ISO-8859-1 by its own word; else it is UTF-8 or a part of it.
    let isLatin1: Bool

    /// Scans `bytes`.
    ///
    /// - Throws: `XMLTreeError`, but `malformed` only where no element begins at all.
    init(scanning bytes: [UInt8], limits: XMLLimits) throws(XMLTreeError) {
        guard bytes.count <= limits.bytes else { throw .overLimit(.bytes) }
        let (start, hasMark) = try Self.afterSignature(bytes)
        // With a byte order mark the bytes are UTF-8, whatever the declaration says.
        var scanner = XMLScanner(
            rest: hasMark ? Self.afterDeclaration(start) : start, limits: limits)
        let first = scanner.rest.startIndex
        try scanner.scan()
        isComplete = scanner.isRootClosed
        isLatin1 = scanner.isLatin1
        let content = start[first...]
        document = isComplete ? content[..<scanner.rest.startIndex] : content
        // Behind the root it is padding, which is cut off; inside it, no XML allows it.
        guard !document.contains(0) else { throw .nul }
    }

    /// Whether `bytes` hold a whole document, whatever stands behind it.
    static func isWhole(_ bytes: [UInt8]) -> Bool {
        let outline = try? XMLOutline(scanning: bytes, limits: .portListing)
        return outline?.isComplete == true
    }

    /// What follows the byte order mark and the white space that some routers put in front (D-1).
    ///
    /// - Returns: the rest, and whether there was a byte order mark.
    private static func afterSignature(
        _ bytes: [UInt8]
    ) throws(XMLTreeError) -> (rest: ArraySlice<UInt8>, hasMark: Bool) {
        // Both orders of UTF-16, and UTF-32, which begins like one of them or with NULs.
        if bytes.starts(with: [0xFE, 0xFF]) || bytes.starts(with: [0xFF, 0xFE])
            || bytes.prefix(2).contains(0)
        {
            throw .encoding("UTF-16 or UTF-32")
        }
        var rest = bytes[...]
        let hasMark = rest.starts(with: [0xEF, 0xBB, 0xBF])
        if hasMark { rest = rest.dropFirst(3) }
        rest = rest.drop(while: \.isXMLBlank)
        guard !rest.isEmpty else { throw .empty }
        return (rest, hasMark)
    }

    /// What follows the XML declaration, if there is one.
    static func afterDeclaration(_ document: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard document.starts(with: "<?xml".utf8), document.dropFirst(5).first?.isXMLBlank == true,
            let end = document.indices.first(where: { document[$0...].starts(with: "?>".utf8) })
        else { return document }
        return document[(end + 2)...]
    }
}

extension UInt8 {
    /// Whether this is one of XML's four white space characters.
    var isXMLBlank: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

/// One pass over a document's delimiters, without copies; a part of `XMLOutline`.
private struct XMLScanner {
    /// What has not been looked at yet.
    private(set) var rest: ArraySlice<UInt8>
    private(set) var isRootClosed = false
    private(set) var isLatin1 = false
    private let limits: XMLLimits
    private var depth = 0
    private var elements = 0

    init(rest: ArraySlice<UInt8>, limits: XMLLimits) {
        self.rest = rest
        self.limits = limits
    }

    private static let comment = Array("<!--".utf8)
    private static let commentEnd = Array("-->".utf8)
    private static let section = Array("<![CDATA[".utf8)
    private static let sectionEnd = Array("]]>".utf8)
    private static let instruction = Array("<?".utf8)
    private static let instructionEnd = Array("?>".utf8)
    private static let declaration = Array("<!".utf8)

    mutating func scan() throws(XMLTreeError) {
        while !isRootClosed, let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...]
            if rest.starts(with: Self.comment) {
                skip(past: Self.commentEnd)
            } else if rest.starts(with: Self.section) {
                skip(past: Self.sectionEnd)
            } else if rest.starts(with: Self.instruction) {
                let from = rest
                skip(past: Self.instructionEnd)
                if elements == 0 { try checkEncoding(from[..<rest.startIndex]) }
            } else if rest.starts(with: Self.declaration) {
                throw .doctype
            } else {
                try readTag()
            }
        }
        if elements == 0 { throw .malformed(line: 1, column: 0) }
    }

    private mutating func skip(past end: [UInt8]) {
        while let candidate = rest.firstIndex(of: end[0]) {
            rest = rest[candidate...]
            if rest.starts(with: end) {
                rest = rest.dropFirst(end.count)
                return
            }
            rest = rest.dropFirst()
        }
        rest = rest[rest.endIndex...]
    }

    /// Refuses an XML declaration that names another encoding than those in which `scan` can see.
    private mutating func checkEncoding(_ instruction: ArraySlice<UInt8>) throws(XMLTreeError) {
        let text = String(decoding: instruction.prefix(256), as: UTF8.self).lowercased()
        guard text.hasPrefix("<?xml"), let keyword = text.firstPlace(of: "encoding") else { return }
        let name = text[keyword.upperBound...]
            .drop { $0 == " " || $0 == "\t" || $0 == "=" || $0 == "\r\n" || $0 == "\n" }
            .dropFirst().prefix { $0 != "\"" && $0 != "'" }
        switch name {
        case "utf-8", "utf8", "us-ascii", "ascii": return
        case "iso-8859-1", "iso8859-1", "latin1": isLatin1 = true
        default: throw .encoding(String(name))
        }
    }

    /// Reads a start, end or empty-element tag; `rest` begins with its `<`.
    private mutating func readTag() throws(XMLTreeError) {
        let isEnd = rest.dropFirst().first == UInt8(ascii: "/")
        if !isEnd {
            depth += 1
            elements += 1
            if depth > limits.depth { throw .overLimit(.depth) }
            if elements > limits.elements { throw .overLimit(.elements) }
        }
        guard let isEmpty = try skipTag() else { return }
        if isEnd || isEmpty { depth -= 1 }
        isRootClosed = depth <= 0
    }

    /// Moves past the tag's `>`, before which others may stand in quotes.
    ///
    /// - Returns: whether the tag ends with `/>`; `nil` when the bytes end first.
    private mutating func skipTag() throws(XMLTreeError) -> Bool? {
        var openQuote: UInt8?
        var attributes = 0
        var previous: UInt8 = 0
        for index in rest.indices {
            let byte = rest[index]
            if let quote = openQuote {
                if byte == quote { openQuote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                openQuote = byte
                attributes += 1
                if attributes > limits.attributes { throw .overLimit(.attributes) }
            } else if byte == UInt8(ascii: ">") {
                rest = rest[(index + 1)...]
                return previous == UInt8(ascii: "/")
            }
            previous = byte
        }
        rest = rest[rest.endIndex...]
        return nil
    }
}
