/// The parts of sentences in a source file: what stands in its string literals, without the values
/// that are put in.
struct SourceSentences {
    /// Each has several words.
    private(set) var parts: [String] = []
    private var rest: Substring

    init(_ source: String) {
        rest = source[...]
        readCode()
        parts = parts.filter { part in
            part.contains(/[a-z]{2,} [a-z]{2,}/) && !part.hasPrefix("The value ")
        }
    }

    /// Reads until the parenthesis that ends a value in a literal, or the end of the file.
    private mutating func readCode() {
        var depth = 0
        while let first = rest.first {
            if rest.hasPrefix("//") {
                rest = rest.drop { $0 != "\n" }
            } else if rest.hasPrefix("#\"") {
                let end = rest.dropFirst(2).firstRange(of: "\"#")?.upperBound ?? rest.endIndex
                rest = rest[end...]
            } else if first == "\"" {
                readLiteral()
            } else {
                rest.removeFirst()
                if first == "(" { depth += 1 }
                if first == ")" { depth -= 1 }
                if depth < 0 { return }
            }
        }
    }

    private mutating func readLiteral() {
        rest.removeFirst()
        var part = ""
        while let first = rest.popFirst(), first != "\"" {
            guard first == "\\", let escaped = rest.popFirst() else {
                part.append(first)
                continue
            }
            if escaped == "(" {
                parts.append(part)
                part = ""
                readCode()
            } else {
                part.append(escaped)
            }
        }
        parts.append(part)
    }
}
