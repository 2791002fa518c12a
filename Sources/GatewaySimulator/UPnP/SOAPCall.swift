/// A control request: the action's name and its arguments, as text.
///
/// It reads the messages of well-meaning clients and is no XML parser: local names, text, the five
/// entities.
struct SOAPCall: Sendable {
    var action: String
    /// The service type that the action claims, from its name space.
    var serviceType: String
    var arguments: [String: String] = [:]

    /// Reads an envelope; `nil` where it holds no action.
    init?(_ body: [UInt8]) {
        var rest = Substring(String(decoding: body, as: UTF8.self))
        var isInBody = false
        var found: (name: String, type: String)?
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let tag = rest[rest.index(after: open)..<close]
            rest = rest[rest.index(after: close)...]
            guard let first = tag.first, first != "?", first != "!" else { continue }
            let name = Self.localName(of: tag)
            switch (found, first == "/") {
            case (nil, true): continue
            case (nil, false) where isInBody: found = (name, Self.namespace(of: tag))
            case (nil, false): isInBody = name == "Body"
            case (let action?, true) where name == action.name: rest = ""
            case (_, true): continue
            case (_, false):
                let text = tag.last == "/" ? "" : rest.prefix { $0 != "<" }
                arguments[name] = Self.unescaped(text)
            }
        }
        guard let found else { return nil }
        (action, serviceType) = found
    }

    private static func localName(of tag: Substring) -> String {
        let name = tag.drop { $0 == "/" }.prefix { $0 != " " && $0 != "/" && !$0.isNewline }
        return String(name.split(separator: ":").last ?? "")
    }

    /// The value of the tag's first name-space attribute.
    private static func namespace(of tag: Substring) -> String {
        guard let start = tag.firstRange(of: "xmlns") else { return "" }
        let quoted = tag[start.upperBound...].drop { $0 != "\"" && $0 != "'" }
        return String(quoted.dropFirst().prefix { $0 != quoted.first })
    }

    private static func unescaped(_ text: Substring) -> String {
        String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&quot;", with: "\"").replacing("&apos;", with: "'")
            .replacing("&amp;", with: "&")
    }
}
