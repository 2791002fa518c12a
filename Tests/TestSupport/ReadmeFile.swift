import Foundation

/// The README, whose examples are tried.
package enum ReadmeFile {
    /// The lines of the first code block in this language after `words`; `nil` when there is none.
    package static func block(
        _ language: String, after words: String? = nil
    ) throws -> [String]? {
        let text = try ProjectFiles.text("README.md")
        let start = words.map { text.range(of: $0)?.upperBound } ?? text.startIndex
        guard let start,
            let open = text[start...].range(of: "```\(language)\n")?.upperBound,
            let close = text[open...].range(of: "\n```")?.lowerBound
        else { return nil }
        return text[open..<close].split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }
}
