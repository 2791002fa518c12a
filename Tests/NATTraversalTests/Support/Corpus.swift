import Foundation
import Testing

/// A gateway's message with the facts that a parser must find in it.
struct CorpusItem: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    private let expectation: Data

    var testDescription: String { name }

    /// The facts, from `NAME.expected.json`.
    func expected<Facts: Decodable>(_ type: Facts.Type = Facts.self) throws -> Facts {
        let decoder = JSONDecoder()
        return try decoder.decode(Facts.self, from: expectation)
    }

    fileprivate init?(_ file: URL) {
        let facts = file.deletingPathExtension().appendingPathExtension("expected.json")
        guard file.pathExtension != "json", let bytes = try? Data(contentsOf: file),
            let expectation = try? Data(contentsOf: facts)
        else { return nil }
        name = file.lastPathComponent
        self.bytes = Array(bytes)
        self.expectation = expectation
    }
}

/// The messages of real and invented gateways: this project's own, and where a `shared` folder
/// stands beside the project also those that are collected there.
enum Corpus {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let fixtures = tests.appending(path: "Fixtures/upnp")
    private static let shared = tests.deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/corpus")

    /// Whether the collection is there, so that a test of it can say that it is not.
    static let isPresent = FileManager.default.fileExists(atPath: shared.path)
    static let absence: Comment =
        "there is no ../shared/corpus; only the project's own fixtures are read"

    /// The items of one kind: `desc`, `scpd`, `soap`, `ssdp` or `http`.
    static func items(_ kind: String) -> [CorpusItem] {
        var items: [String: CorpusItem] = [:]
        for folder in [shared, fixtures] {
            let files = try? FileManager.default.contentsOfDirectory(
                at: folder.appending(path: kind), includingPropertiesForKeys: nil)
            for item in (files ?? []).compactMap(CorpusItem.init) { items[item.name] = item }
        }
        return items.values.sorted { $0.name < $1.name }
    }

    /// One item by its file name.
    static func item(_ kind: String, _ name: String) throws -> CorpusItem {
        try #require(items(kind).first { $0.name == name })
    }
}
