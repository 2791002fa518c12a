import Foundation
import TestSupport

/// The texts of the project that people write by hand.
struct ProjectTexts {
    /// By their paths from the root.
    let texts: [String: String]

    /// The texts of these files, and of all that is in these folders, except recorded fixtures, the
    /// folders of tools, and what is not UTF-8.
    init(_ places: [String]) throws {
        var texts: [String: String] = [:]
        for place in places {
            for path in try Self.paths(place) {
                texts[path] = try? ProjectFiles.text(path)
            }
        }
        self.texts = texts
    }

    private static func paths(_ place: String) throws -> [String] {
        let url = ProjectFiles.root.appendingPathComponent(place)
        let isFolder = try url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true
        guard isFolder else { return [place] }
        return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().flatMap {
            name -> [String] in
            // What a build or a tool leaves behind has a dot in front.
            name.hasPrefix(".") || name == "__pycache__" ? [] : try paths("\(place)/\(name)")
        }.filter { !$0.contains("/Fixtures/") || $0.hasSuffix(".md") }
    }

    /// The texts whose paths satisfy `isIncluded`.
    func filtered(_ isIncluded: (String) -> Bool) -> [String: String] {
        texts.filter { isIncluded($0.key) }
    }
}

/// What the sources declare, as far as words tell.
struct Declarations {
    /// The names of the files.
    private(set) var files: Set<String> = []
    /// Structures, classes, enumerations, actors, protocols and aliases.
    private(set) var types: Set<String> = []
    /// Types of others that are extended.
    private(set) var extended: Set<String> = []
    /// Constants, variables, functions and cases.
    private(set) var members: Set<String> = []

    init(_ texts: [String: String]) {
        for (path, text) in texts {
            files.formUnion(path.split(separator: "/").suffix(1).map(String.init))
            guard path.hasSuffix(".swift") else { continue }
            for line in text.split(separator: "\n") { read(line) }
        }
    }

    private mutating func read(_ line: Substring) {
        let code = line.drop { $0 == " " }
        guard !code.hasPrefix("//") else { return }
        let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        for (keyword, name) in zip(words, words.dropFirst()) {
            switch keyword {
            case "struct", "class", "enum", "actor", "protocol", "typealias":
                types.insert(String(name))
            case "extension": extended.insert(String(name))
            case "let", "var", "func", "case": members.insert(String(name))
            default: break
            }
        }
    }

    /// Whether this names a file, or a type with its outer ones in front.
    func haveTypeOrFile(_ name: String) -> Bool {
        if name.hasSuffix(".swift") || name.hasSuffix(".h") { return files.contains(name) }
        return name.split(separator: ".").allSatisfy { types.contains(String($0)) }
    }

    /// Whether this names a constant: a type, and members behind it.
    func haveConstant(_ name: String) -> Bool {
        let parts = name.split(separator: ".").map(String.init)
        guard let type = parts.first, parts.count > 1 else { return false }
        return (types.contains(type) || extended.contains(type))
            && parts.dropFirst().allSatisfy(members.contains)
    }
}

extension String {
    /// What stands between single backticks.
    var quotedCode: [String] {
        let parts = components(separatedBy: "`")
        return parts.indices.filter { !$0.isMultiple(of: 2) }.map { parts[$0] }
    }
}
