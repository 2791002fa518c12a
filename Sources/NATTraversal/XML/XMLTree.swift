/// A document from the network as plain values; nothing in it is expanded or fetched (T-2).
///
/// Four layers keep a hostile document harmless: `XMLOutline` refuses what is too big, in a strange
/// encoding or has a DOCTYPE; the parser stops at a DOCTYPE before an entity exists, whatever the
/// encoding; it is never asked to expand or load anything; and the walk over its nodes skips entity
/// references and counts again.
struct XMLTree: Hashable, Sendable {
    /// The document's one outermost element.
    let root: XMLElementNode

    /// Parses the root element of `bytes`, whatever padding stands before and behind it (D-1).
    ///
    /// Namespace errors are none (D-4), and control characters read as question marks, which XML does
    /// not allow. A document that is not well-formed is parsed once more after `XMLRepair`.
    ///
    /// - Throws: `XMLTreeError`; of two attempts the first one's, whose place is in the document as it
    ///   came.
    init(parsing bytes: [UInt8], limits: XMLLimits) throws(XMLTreeError) {
        let bytes =
            bytes.contains(where: \.isXMLControl)
            ? bytes.map { $0.isXMLControl ? UInt8(ascii: "?") : $0 } : bytes
        let outline = try XMLOutline(scanning: bytes, limits: limits)
        do throws(XMLTreeError) {
            root = try LibXML2Document(parsing: outline.document).root(limits: limits)
        } catch {
            guard case .malformed = error else { throw error }
            let repaired = XMLRepair.repaired(
                XMLOutline.afterDeclaration(outline.document), isLatin1: outline.isLatin1)
            do throws(XMLTreeError) {
                let outline = try XMLOutline(scanning: repaired, limits: limits)
                root = try LibXML2Document(parsing: outline.document).root(limits: limits)
            } catch let second {
                // A DOCTYPE that the first scan took for text says more than a malformed line.
                throw second == .doctype ? second : error
            }
        }
    }
}

/// An element, known by its local name (D-4); namespaces decide nothing, and one that is long would
/// be kept for every element in it.
struct XMLElementNode: Hashable, Sendable {
    /// The name without a prefix.
    var name: String
    /// Its own character data, without white space at both ends.
    var text = ""
    /// Whether `text` was longer than the limit and has been cut.
    var isTextCut = false
    /// The elements directly inside, in document order.
    var children: [XMLElementNode] = []

    /// The first element of this name directly inside.
    func child(_ name: String) -> XMLElementNode? { children.first { $0.name == name } }

    /// The text of the first element of this name directly inside.
    func text(of name: String) -> String? { child(name)?.text }
}

extension String {
    /// The text without XML's white space at both ends, cut between characters to `limit` bytes.
    func trimmed(toUTF8Bytes limit: Int) -> (text: String, isCut: Bool) {
        let start = utf8.firstIndex { !$0.isXMLBlank } ?? endIndex
        let end = utf8[start...].lastIndex { !$0.isXMLBlank }.map(utf8.index(after:)) ?? start
        let trimmed = self[start..<end]
        guard trimmed.utf8.count > limit else { return (String(trimmed), false) }
        var cut = trimmed.utf8.index(trimmed.startIndex, offsetBy: limit)
        while cut > trimmed.startIndex, !trimmed.unicodeScalars.indices.contains(cut) {
            cut = trimmed.utf8.index(before: cut)
        }
        return (String(trimmed[..<cut]), true)
    }
}

extension UInt8 {
    /// Whether XML forbids the character (XML 1.0, section 2.2); NUL is left to `XMLOutline`, because
    /// it is padding in some documents and the sign of a strange encoding in others.
    fileprivate var isXMLControl: Bool {
        self < 0x20 && ![0x00, 0x09, 0x0A, 0x0D].contains(self)
    }
}
