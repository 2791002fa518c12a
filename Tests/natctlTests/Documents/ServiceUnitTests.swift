import Foundation
import TestSupport
import Testing

@Suite("The systemd unit") struct ServiceUnitTests {
    private static let analyze = URL(fileURLWithPath: "/usr/bin/systemd-analyze")
    private static let isAvailable = FileManager.default.isExecutableFile(atPath: analyze.path)

    @Test(
        "is understood by systemd, every line of it",
        .enabled(if: isAvailable, "no systemd-analyze on this machine"))
    func isUnderstood() async throws {
        let unit = try ProjectFiles.text("Packaging/systemd/natctl-map@.service")
        let folder = try TemporaryFolder()
        let file = folder.url.appendingPathComponent("natctl-map@web.service")
        // Verification wants the program to be there.
        try unit.replacing("/usr/bin/natctl", with: ProjectFiles.natctl.path)
            .write(to: file, atomically: true, encoding: .utf8)
        let outcome = try await BuiltTool.run(
            Self.analyze, ["verify", "--man=no", file.path])
        #expect(outcome.status == 0)
        // What it does not know it only says.
        #expect(outcome.errors == "")
    }

    @Test("runs natctl with words that it takes, and takes its end by a signal for success")
    func runsNatctl() throws {
        let lines = try ProjectFiles.text("Packaging/systemd/natctl-map@.service")
            .split(separator: "\n")
        #expect(lines.contains("Type=notify"))
        #expect(lines.contains("ExecStart=/usr/bin/natctl map --keep $MAP"))
        #expect(lines.contains("SuccessExitStatus=\(128 + SIGINT) \(128 + SIGTERM)"))
    }
}
