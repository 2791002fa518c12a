import Foundation

/// A line of `map --keep --json` and `watch --json`, with the keys that tests look at.
package struct ToolEvent: Decodable, Sendable {
    package struct Assignment: Decodable, Sendable {
        package var transport: String
        package var address: String
        package var port: Int
        package var technique: String?
    }

    /// What was before: an address or a gateway, where it is one text.
    package struct Previous: Decodable, Sendable {
        package var text: String?

        package init(from decoder: any Decoder) throws {
            text = try? decoder.singleValueContainer().decode(String.self)
        }
    }

    package var event: String
    package var at: String
    package var mapping: Document.Mapping?
    package var assignments: [Assignment]?
    package var address: String?
    package var gateway: String?
    package var interface: String?
    package var previous: Previous?
    package var error: Document.Refusal?
    package var code: String?

    /// The events of a command that may still be writing: its whole lines so far.
    ///
    /// - Throws: `DecodingError` where a line is anything else.
    package static func read(_ output: String) throws -> [ToolEvent] {
        guard let end = output.lastIndex(of: "\n") else { return [] }
        return try output[..<end].split(separator: "\n").map { line in
            try JSONDecoder().decode(ToolEvent.self, from: Data(line.utf8))
        }
    }
}
