/// Makes a document that no parser takes readable, where only its text is at fault: a gateway hands
/// on whatever a client wrote into a mapping's description, and one bad byte must not hide the rest
/// (D-1).
///
/// Pure. What it returns is UTF-8 without a declaration and is scanned and parsed like any other
/// document, so it loosens none of the layers of T-2. Nothing is guessed: markup stays as it is, and
/// what cannot be markup becomes text.
enum XMLRepair {
    /// The document with every fault in its text replaced.
    ///
    /// Bytes that are no UTF-8, and characters that XML forbids, become U+FFFD. An ampersand that
    /// begins no reference that XML knows stands for itself, and so does a `<` that begins no tag, or
    /// a tag of a name that is never closed, or never opened: `getfirm <info>`. A document that was
    /// cut stays malformed, because its root is never closed either.
    ///
    /// - Parameters:
    ///   - document: from its first character on.
    ///   - isLatin1: whether the bytes are ISO-8859-1.
    /// - Returns: the document as UTF-8.
    static func repaired(_ document: some Collection<UInt8>, isLatin1: Bool) -> [UInt8] {
        let text =
            isLatin1
            ? String(String.UnicodeScalarView(document.map { Unicode.Scalar($0) }))
            : String(decoding: document, as: UTF8.self)
        var rest = Array(text.utf8)[...]
        let names = tagNames(rest)
        var finder = EndFinder()
        var repaired: [UInt8] = []
        repaired.reserveCapacity(rest.count)
        while let byte = rest.first {
            if let end = verbatimEnd(rest, &finder) {
                repaired += rest[..<end]
                rest = rest[end...]
                continue
            }
            switch byte {
            case UInt8(ascii: "&") where !beginsReference(rest):
                repaired += Array("&amp;".utf8)
            case UInt8(ascii: "<") where !beginsTag(rest, names, &finder):
                repaired += Array("&lt;".utf8)
            // U+FFFE and U+FFFF.
            case 0xEF
            where rest.starts(with: [0xEF, 0xBF, 0xBE]) || rest.starts(with: [0xEF, 0xBF, 0xBF]):
                repaired += Array("\u{FFFD}".utf8)
                rest = rest.dropFirst(2)
            default:
                repaired.append(byte)
            }
            rest = rest.dropFirst()
        }
        return repaired
    }

    /// Finds where markup ends, and searches no byte twice for the same end: a document of nothing
    /// but beginnings would take the square of its length (T-2).
    private struct EndFinder {
        /// What the last search for each end has found: nothing, or where it begins.
        private var found: [String: Int?] = [:]

        /// Where the first `end` begins in `rest`, which begins at or behind the place of the last
        /// search.
        mutating func first(_ end: String, in rest: ArraySlice<UInt8>) -> Int? {
            if let last = found[end], last.map({ $0 >= rest.startIndex }) ?? true { return last }
            let end = (text: end, bytes: Array(end.utf8))
            var tail = rest
            while let candidate = tail.firstIndex(of: end.bytes[0]) {
                tail = tail[candidate...]
                if tail.starts(with: end.bytes) { break }
                tail = tail.dropFirst()
            }
            let place = tail.starts(with: end.bytes) ? tail.startIndex : nil
            found[end.text] = .some(place)
            return place
        }
    }

    private static let verbatim = [
        (start: "<!--", end: "-->"), (start: "<![CDATA[", end: "]]>"), (start: "<?", end: "?>"),
    ]

    /// Where a comment, a CDATA section or a processing instruction ends that begins here; in these
    /// an ampersand is a character like any other.
    private static func verbatimEnd(
        _ rest: ArraySlice<UInt8>, _ finder: inout EndFinder
    ) -> Int? {
        guard rest.first == UInt8(ascii: "<"),
            let kind = verbatim.first(where: { rest.starts(with: $0.start.utf8) })
        else { return nil }
        return finder.first(kind.end, in: rest.dropFirst(kind.start.utf8.count))
            .map { $0 + kind.end.utf8.count }
    }

    /// Whether the ampersand here begins one of XML's own entities, or a reference to a character
    /// that XML allows.
    private static func beginsReference(_ rest: ArraySlice<UInt8>) -> Bool {
        let name = rest.dropFirst().prefix(12).prefix { $0 != UInt8(ascii: ";") }
        guard rest.dropFirst(1 + name.count).first == UInt8(ascii: ";") else { return false }
        let text = String(decoding: name, as: UTF8.self)
        guard text.hasPrefix("#") else {
            return ["amp", "lt", "gt", "quot", "apos"].contains(text)
        }
        let digits = text.dropFirst()
        let value =
            digits.hasPrefix("x")
            ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
        guard let value, !digits.contains("+"), let scalar = Unicode.Scalar(value) else {
            return false
        }
        return XMLOutputElement.isAllowed(scalar)
    }

    /// The names in start tags and in end tags.
    private struct TagNames {
        var opened: Set<ArraySlice<UInt8>> = []
        var closed: Set<ArraySlice<UInt8>> = []
    }

    private static func tagNames(_ document: ArraySlice<UInt8>) -> TagNames {
        var names = TagNames()
        var finder = EndFinder()
        var rest = document
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...]
            if let end = verbatimEnd(rest, &finder) {
                rest = rest[end...]
                continue
            }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "/") {
                if let name = name(rest.dropFirst()) { names.closed.insert(name) }
            } else if let name = name(rest) {
                names.opened.insert(name)
            }
        }
        return names
    }

    /// The name that a tag begins with; `nil` where another `<` ends it, which is no tag then.
    ///
    /// So no byte is in two names: names of a document that is nothing but `<` would have the square
    /// of its length (T-2).
    private static func name(_ tag: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let name = tag.prefix { !$0.isXMLBlank && !">/<".utf8.contains($0) }
        return tag[name.endIndex...].first == UInt8(ascii: "<") ? nil : name
    }

    /// Whether the `<` here begins a tag or a declaration.
    private static func beginsTag(
        _ rest: ArraySlice<UInt8>, _ names: TagNames, _ finder: inout EndFinder
    ) -> Bool {
        let tag = rest.dropFirst()
        guard let next = tag.first else { return false }
        switch next {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "_"), 0x80...:
            guard let end = finder.first(">", in: tag) else { return true }
            return tag[..<end].last == UInt8(ascii: "/")
                || name(tag).map(names.closed.contains) ?? false
        case UInt8(ascii: "/"):
            return name(tag.dropFirst()).map(names.opened.contains) ?? false
        case UInt8(ascii: "!"), UInt8(ascii: "?"):
            return true
        default:
            return false
        }
    }
}
