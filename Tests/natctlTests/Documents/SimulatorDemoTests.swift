import Foundation
import TestSupport
import Testing

@Suite("make demo") struct SimulatorDemoTests {
    @Test("maps for people and for scripts, and its last line says what was shown")
    func saysWhatItShows() async throws {
        let demo = ProjectFiles.root.appendingPathComponent("Scripts/demo")
        let programs = ProjectFiles.natctl.deletingLastPathComponent().path
        let outcome = try await Turnstile.processes.pass {
            try await BuiltTool.run(demo, [], environment: ["PROGRAMS": programs])
        }
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.lines.contains { $0.hasPrefix("tcp 127.0.0.1:") })
        #expect(outcome.lines.contains { $0.contains("\"externalPort\": ") })
        let last = try #require(outcome.lines.last)
        #expect(
            last.wholeMatch(
                of:
                    /# shown: port \d+ was opened, reached from outside at [0-9.:]+, and closed again/
            )
                != nil, "\(last)")
        // The refusal is expected, and no failure that a reader should see.
        #expect(!outcome.errors.contains("curl:"), "\(outcome.errors)")
    }
}
