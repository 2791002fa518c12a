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
        // Byte by byte: a delimiter is one even where a combining mark follows it.
        var rest = text[...].trimmingBlanks().utf8.prefix { $0 != UInt8(ascii: "#") }
        if let colon = rest.firstIndex(where: { ":/?".utf8.contains($0) }),
            rest[colon] == UInt8(ascii: ":"), colon > rest.startIndex
        {
            scheme = Substring(rest[..<colon]).lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        if rest.starts(with: "//".utf8) {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex { "/?".utf8.contains($0) } ?? rest.endIndex
            authority = String(Substring(rest[..<end]))
            rest = rest[end...]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(Substring(rest[rest.index(after: mark)...]))
            rest = rest[..<mark]
        }
        path = String(Substring(rest))
    }

    /// Whether this is relative to a folder: `ctl/IPConn`.
    var isPathWithoutSlash: Bool {
        scheme == nil && authority == nil && !path.isEmpty && !hasAbsolutePath
    }

    /// Whether the path begins with a slash.
    var hasAbsolutePath: Bool { path.utf8.first == UInt8(ascii: "/") }

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
        } else if hasAbsolutePath {
            result.path = Self.withoutDotSegments(path)
        } else {
            let folder =
                base.path.utf8.lastIndex(of: UInt8(ascii: "/")).map { base.path[...$0] }
                ?? "/"
            result.path = Self.withoutDotSegments(folder + path)
        }
        return result
    }

    /// `.` and `..` carried out (RFC 3986, section 5.2.4); a path without them stays as it is.
    private static func withoutDotSegments(_ path: String) -> String {
        let segments = path.utf8
            .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { Substring($0) }
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
