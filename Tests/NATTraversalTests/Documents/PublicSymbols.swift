import Foundation
import TestSupport

/// The public declarations of a library, as far as its text tells: one line each, sorted.
///
/// A line has the module, the type, and the declaration's head without its body or value. Enough of
/// Swift is read for that, and no more: what follows `#if` is not told apart, and a variable with
/// a body counts as one that cannot be set.
struct PublicSymbols {
    let lines: [String]

    /// Those of the sources of these modules.
    init(ofModules modules: [String]) throws {
        lines = try modules.flatMap { module in
            let texts = try ProjectTexts(["Sources/\(module)"]).filtered { $0.hasSuffix(".swift") }
            return Self(texts.values.map(\.self), module: module).lines
        }
    }

    init(_ sources: [String], module: String) {
        let readers = sources.map(Reader.init)
        let types = Set(readers.flatMap(\.publicTypes))
        let symbols = readers.flatMap(\.symbols).filter { symbol in
            symbol.conformer.map(types.contains) ?? true
        }
        lines = symbols.map { ([module] + $0.path).joined(separator: ".") + " " + $0.head }.sorted()
    }
}

extension PublicSymbols {
    fileprivate struct Symbol {
        var path: [String]
        var head: String
        /// The type that an extension makes conform to something.
        var conformer: String?
    }

    /// Reads one file.
    fileprivate struct Reader {
        private enum Scope {
            case type(String, isPublicEnum: Bool)
            case body
        }

        private static let types = ["struct", "class", "enum", "actor", "protocol", "extension"]
        private static let members = [
            "func", "var", "let", "init", "case", "typealias", "subscript",
        ]

        private(set) var symbols: [Symbol] = []
        private(set) var publicTypes: [String] = []
        private let text: [UInt8]
        private var position = 0
        private var scopes: [Scope] = []
        /// The declaration that is being read.
        private var head: [UInt8] = []
        /// How many brackets are open in it.
        private var depth = 0

        init(_ source: String) {
            text = Array(source.utf8)
            while position < text.count { step() }
        }

        private mutating func step() {
            let character = UnicodeScalar(text[position])
            switch character {
            case "/" where isAt("//"): skip(to: "\n")
            case "/" where isAt("/*"): skip(to: "*/")
            case "\"": takeString()
            case "#" where isAt("#\""): takeString()
            case "{" where depth == 0:
                end(hasBody: true)
                position += 1
            case "}" where depth == 0:
                end(hasBody: false)
                _ = scopes.popLast()
                position += 1
            case "\n":
                if isComplete { end(hasBody: false) } else { head.append(0x20) }
                position += 1
            default:
                if "([{".unicodeScalars.contains(character) { depth += 1 }
                if ")]}".unicodeScalars.contains(character) { depth -= 1 }
                head.append(text[position])
                position += 1
            }
        }

        private func isAt(_ word: String) -> Bool { text[position...].starts(with: word.utf8) }

        private mutating func skip(to end: String) {
            while position < text.count, !isAt(end) { position += 1 }
            // The end of a line is still to be seen.
            if end != "\n" { position += end.utf8.count }
        }

        /// Takes a literal, in whose interpolations there may be others.
        private mutating func takeString() {
            let start = position
            while text[position] == UInt8(ascii: "#") { position += 1 }
            let marks = String(repeating: "#", count: position - start)
            let quotes = isAt("\"\"\"") ? "\"\"\"" : "\""
            position += quotes.utf8.count
            while position < text.count, !isAt(quotes + marks) {
                if isAt("\\\(marks)(") {
                    takeInterpolation()
                } else {
                    position += isAt("\\\(marks)") ? 2 + marks.utf8.count : 1
                }
            }
            position = min(text.count, position + quotes.utf8.count + marks.utf8.count)
            head += text[start..<position]
        }

        private mutating func takeInterpolation() {
            let outer = head
            var open = 0
            repeat {
                switch UnicodeScalar(text[position]) {
                case "\"": takeString()
                case "(":
                    open += 1
                    position += 1
                case ")":
                    open -= 1
                    position += 1
                default: position += 1
                }
            } while position < text.count && (open > 0 || UnicodeScalar(text[position - 1]) != ")")
            head = outer
        }

        /// Whether the declaration ends with this line.
        private var isComplete: Bool {
            guard depth == 0 else { return false }
            let words = words
            if words.isEmpty { return true }
            let isAttribute = head.first { $0 != 0x20 } == UInt8(ascii: "@")
            if isAttribute, Set(words).isDisjoint(with: Self.types + Self.members) { return false }
            if let last = head.last(where: { $0 != 0x20 }), ",=:&>".utf8.contains(last),
                !(last == UInt8(ascii: ">")
                    && !String(decoding: head, as: UTF8.self).hasSuffix("->"))
            {
                return false
            }
            let rest = text[position...].drop { $0 == 0x20 || $0 == 0x0A }
            return !["{", "where ", "-> ", "async ", "throws"].contains {
                rest.starts(with: $0.utf8)
            }
        }

        private var words: [String] {
            String(decoding: head, as: UTF8.self)
                .split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        }

        private mutating func end(hasBody: Bool) {
            defer { head = [] }
            let words = words
            let path = path
            let kind = words.first { (Self.types + Self.members).contains($0) }
            if let path, let kind, isPublic(words, kind) {
                symbols.append(
                    Symbol(path: path, head: shown(kind, hasBody), conformer: conformer(kind)))
            }
            guard hasBody else { return }
            guard let kind, Self.types.contains(kind) else { return scopes.append(.body) }
            let name = typeName(behind: kind)
            let isOpen = hasPublic(words, before: kind)
            scopes.append(.type(name, isPublicEnum: kind == "enum" && isOpen))
            if isOpen, let path { publicTypes.append((path + [name]).joined(separator: ".")) }
        }

        /// The types around; `nil` inside the body of a member.
        private var path: [String]? {
            var path: [String] = []
            for scope in scopes {
                guard case .type(let name, _) = scope else { return nil }
                path.append(name)
            }
            return path
        }

        private func isPublic(_ words: [String], _ kind: String) -> Bool {
            if kind == "extension" { return conformer(kind) != nil }
            if kind == "case", case .type(_, true)? = scopes.last { return true }
            return hasPublic(words, before: kind)
        }

        private func hasPublic(_ words: [String], before kind: String) -> Bool {
            words.prefix { $0 != kind }.contains("public")
        }

        private func conformer(_ kind: String) -> String? {
            guard kind == "extension", head.contains(UInt8(ascii: ":")) else { return nil }
            return typeName(behind: kind)
        }

        private func typeName(behind kind: String) -> String {
            let text = String(decoding: head, as: UTF8.self)
            let name = text.firstRange(of: kind + " ").map { text[$0.upperBound...] } ?? ""
            return String(name.prefix { !" :<{".contains($0) })
        }

        /// The head in one line, without `public`, without a value, and without saying who else can
        /// set a variable that users cannot.
        private func shown(_ kind: String, _ hasBody: Bool) -> String {
            var text = String(decoding: head, as: UTF8.self).split(separator: " ")
                .filter { $0 != "public" }.joined(separator: " ")
                .replacing("( ", with: "(").replacing(" )", with: ")")
            guard kind == "var" || kind == "let" else { return text }
            if let value = text.firstRange(of: " = ") { text = String(text[..<value.lowerBound]) }
            guard kind == "var" else { return text }
            let setters = ["private(set) ", "internal(set) ", "package(set) "]
            let isReadOnly = hasBody || setters.contains { text.contains($0) }
            for setter in setters { text = text.replacing(setter, with: "") }
            return isReadOnly ? text + " { get }" : text
        }
    }
}
