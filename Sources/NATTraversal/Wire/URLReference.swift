/// The parts of a URL or of a relative reference, as they are spelled (RFC 3986, appendix B).
struct URLReference: Hashable {
    /// Before the first colon, in lower case.
    var scheme: String?
    /// Between `//` and the path: user, host and port.
    var authority: String?
    /// The path, which may be empty.
    var path: String
    /// Behind the `?`.
    var query: String?

    /// Splits `text`; white space around it and a fragment are dropped.
    ///
    /// Any text has these parts, so nothing is refused here.
    init(_ text: String) {
        var rest = text[...].trimmingBlanks().prefix { $0 != "#" }
        if let colon = rest.firstIndex(where: { ":/?".contains($0) }), rest[colon] == ":",
            colon > rest.startIndex
        {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex { "/?".contains($0) } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        path = String(rest)
    }

    /// Whether this is relative to a folder: `ctl/IPConn`.
    var isPathWithoutSlash: Bool {
        scheme == nil && authority == nil && !path.isEmpty && !path.hasPrefix("/")
    }

    /// The reference made absolute against `base` (RFC 3986, section 5.2.2).
    func resolved(against base: URLReference) -> URLReference {
        var result = self
        if scheme != nil {
            result.path = Self.withoutDotSegments(path)
            return result
        }
        result.scheme = base.scheme
        if authority != nil {
            result.path = Self.withoutDotSegments(path)
            return result
        }
        result.authority = base.authority
        if path.isEmpty {
            result.path = base.path
            result.query = query ?? base.query
        } else if path.hasPrefix("/") {
            result.path = Self.withoutDotSegments(path)
        } else {
            let folder = base.path.lastIndex(of: "/").map { base.path[...$0] } ?? "/"
            result.path = Self.withoutDotSegments(folder + path)
        }
        return result
    }

    /// `.` and `..` carried out (RFC 3986, section 5.2.4); a path without them stays as it is.
    private static func withoutDotSegments(_ path: String) -> String {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.contains(".") || segments.contains("..") else { return path }
        var kept: [Substring] = []
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case "..":
                if kept.count > 1 { kept.removeLast() }
                if isLast { kept.append("") }
            case ".":
                if isLast { kept.append("") }
            default:
                kept.append(segment)
            }
        }
        return kept.joined(separator: "/")
    }
}

extension Substring {
    /// The text without blanks, tabs and line ends at both ends.
    func trimmingBlanks() -> Substring {
        let rest = drop(while: \.isWhitespace)
        guard let last = rest.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return rest[...last]
    }
}
