import Foundation
import TestSupport
import Testing

/// Compares a text with the file that somebody has looked at; `NATCTL_RENEW_GOLDEN=1` writes it anew.
func expectGolden(
    _ text: String, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let path = "Tests/natctlTests/Fixtures/\(name)"
    let file = ProjectFiles.root.appendingPathComponent(path)
    if ProcessInfo.processInfo.environment["NATCTL_RENEW_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: true, encoding: .utf8)
    }
    let kept = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    #expect(
        text == kept, "NATCTL_RENEW_GOLDEN=1 renews \(path); look at it",
        sourceLocation: sourceLocation)
}
