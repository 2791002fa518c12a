/// Why a document from the network is not used.
enum XMLTreeError: Error, Hashable, Sendable {
    /// There is nothing but white space.
    case empty
    /// There is a DOCTYPE, which no UPnP document needs and every entity attack does (T-2).
    case doctype
    /// The encoding is none of UTF-8, US-ASCII and ISO-8859-1, by name or by signature.
    case encoding(String)
    /// A NUL stands before the end of the root element.
    case nul
    /// One of the limits of `XMLLimits` is exceeded.
    case overLimit(XMLLimits.Quantity)
    /// The document is not well-formed, or it ends before its root element does.
    ///
    /// Line and column count from 1 and are 0 where the library does not know them.
    case malformed(line: Int, column: Int)
}

/// How much of a document is looked at before it is refused (T-2, T-3).
struct XMLLimits: Hashable, Sendable {
    /// What is counted.
    enum Quantity: String, Sendable {
        case bytes, depth, elements, attributes
    }

    /// The longest document, in bytes.
    var bytes: Int
    /// The longest text value kept, in bytes of UTF-8; a longer one is cut and marked.
    var textBytes = 4096
    /// How deep elements may nest, the root included.
    var depth = 32
    /// How many elements there may be.
    var elements = 20_000
    /// How many attributes one element may have.
    var attributes = 64

    /// For a device description or an SCPD: 1 MiB.
    static let description = XMLLimits(bytes: 1 << 20)
    /// For the answer to an action: 256 KiB.
    static let action = XMLLimits(bytes: 256 << 10)
    /// The same for an answer of which every text is wanted whole.
    static let call = XMLLimits(bytes: 256 << 10, textBytes: 256 << 10)
    /// For a list of port mappings inside an answer, a document inside a document: 1 MiB each.
    static let portListing = XMLLimits(bytes: 1 << 20, textBytes: 1 << 20)
}
