import Foundation
import TestSupport
import Testing

@Suite("gateway-simulator, the command") struct SimulatorCommandTests {
    /// Runs `script` by the shell behind the simulator.
    private func behind(_ script: String) async throws -> CommandOutcome {
        try await BuiltTool.run(ProjectFiles.simulator, ["--", "sh", "-c", script])
    }

    @Test("ends as its command does", arguments: [("exit 7", 7), ("kill -TERM $$", 143), (":", 0)])
    func passesStatusOn(script: String, status: Int32) async throws {
        let outcome = try await behind(script)
        #expect(outcome.status == status)
        #expect(outcome.output == "")
    }

    @Test("tells its command where the gateway is, and prints nothing of its own")
    func setsEnvironment() async throws {
        let outcome = try await behind("echo $NATCTL_GATEWAY")
        #expect(try /127\.0\.0\.1:[0-9]+\n/.wholeMatch(in: outcome.output) != nil)
    }

    @Test("says which command it cannot run, with status 127")
    func reportsMissingCommand() async throws {
        let outcome = try await BuiltTool.run(
            ProjectFiles.simulator, ["--", "no-such-program"])
        #expect(outcome.status == 127)
        #expect(outcome.errors == "gateway-simulator: no-such-program: No such file or directory\n")
    }

    @Test("passes signals on to its command", arguments: [("INT", 130), ("TERM", 143)])
    func passesSignalsOn(signal: String, status: Int32) async throws {
        // The command's parent is the simulator; sleep ends by the signal that comes back.
        let outcome = try await behind("kill -\(signal) $PPID; exec sleep 20")
        #expect(outcome.status == status)
    }

    @Test("ends by a signal when it runs alone", arguments: [("INT", 130), ("TERM", 143)])
    func endsBySignal(signal: String, status: Int32) async throws {
        let outcome = try await BuiltTool.run(
            URL(fileURLWithPath: "/bin/bash"),
            [
                "-c",
                """
                exec {line}< <("$0" & echo $!; wait $!; echo "status $?")
                read -r process <&$line; read -r words <&$line; echo "$words"
                kill -\(signal) $process; cat <&$line
                """, ProjectFiles.simulator.path,
            ])
        #expect(
            try
                /listening on 127\.0\.0\.1:[0-9]+, external address 127\.0\.0\.2, http:\/\/127\.0\.0\.1:[0-9]+\/rootDesc\.xml\nstatus \d+\n/
                .wholeMatch(in: outcome.output) != nil)
        #expect(outcome.output.hasSuffix("status \(status)\n"))
    }
}
