import Foundation
import TestSupport
import Testing

@Suite("The documentation of the library") struct DocumentationTests {
    private static let docc =
        ["/opt/swift/usr/bin", "/usr/bin", "/usr/local/bin"]
        + (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)

    private static var hasDocC: Bool {
        docc.contains { FileManager.default.isExecutableFile(atPath: $0 + "/docc") }
    }

    @Test("is built by DocC without a warning", .enabled(if: hasDocC, "no docc in PATH"))
    func isBuilt() async throws {
        let archive = try TemporaryFolder()
        let outcome = try await Turnstile.processes.pass {
            try await BuiltTool.run(
                ProjectFiles.root.appendingPathComponent("Scripts/docs"),
                [archive.url.appendingPathComponent("docs").path],
                environment: ["PROGRAMS": Bundle.main.bundlePath])
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(!(outcome.output + outcome.errors).contains("warning:"), "\(outcome.errors)")
    }

    @Test("has a place for each public type under one of its topics, and for each article")
    func hasTopics() throws {
        let page = try ProjectFiles.text("\(Catalogue.folder)/NATTraversal.md")
        let topics = try #require(page.range(of: "## Topics")).upperBound
        let types = page[topics...].matches(of: /- ``([A-Za-z0-9]+)``/).map { String($0.1) }
        let declared = try PublicSymbols(ofModules: ["NATTraversal"]).lines.compactMap { line in
            line.firstMatch(
                of: /^NATTraversal .*(?:actor|class|enum|struct|protocol) ([A-Za-z0-9]+)/
            )
            .map { String($0.1) }
        }
        #expect(types.sorted() == declared.sorted())
        let articles = page[topics...].matches(of: /- <doc:([A-Za-z0-9]+)>/).map { "\($0.1).md" }
        let files = try FileManager.default.contentsOfDirectory(
            atPath: ProjectFiles.root.appendingPathComponent(Catalogue.folder).path)
        #expect(Set(articles + ["NATTraversal.md"]) == Set(files))
    }
}
