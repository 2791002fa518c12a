import Foundation
import TestSupport
import Testing

extension ToolBehindGateway {
    /// Lends a `natctl` that stays to `body`, and ends it by SIGTERM.
    ///
    /// Every document of its output must fit the schema.
    func natctl(
        staying arguments: String, format: String = "--json -v",
        body: (StayingTool) async throws -> Void
    ) async throws {
        let folder = state
        // A shell becomes natctl, so that its number is known.
        async let ending = shell(
            """
            cd $NATCTL_STATE; echo $$ >number; mv number process
            exec natctl \(arguments) \(format) >events 2>log
            """)
        let file = folder.url.appending(path: "process")
        try await condition { FileManager.default.fileExists(atPath: file.path) }
        let process = try #require(
            pid_t(try folder.text("process").trimmingCharacters(in: .newlines)))
        let texts = { @Sendable in
            StayingTool.Texts(
                output: (try? folder.text("events")) ?? "", errors: (try? folder.text("log")) ?? "")
        }
        let tool = StayingTool(look: texts, send: { _ = kill(process, $0) })
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(tool)) } catch { outcome = .failure(error) }
        _ = kill(process, SIGTERM)
        let status = try await ending.status
        try outcome.get()
        let report = try await tool.report
        let documents = format.contains("--json") && DocumentSchema.isAvailable
        for line in texts().output.split(separator: "\n") where documents {
            try await DocumentSchema.shared.check(String(line))
        }
        #expect(status == 128 + SIGTERM, "\(report)")
    }
}
