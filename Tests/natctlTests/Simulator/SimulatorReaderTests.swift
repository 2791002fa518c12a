import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("A natctl that stays and whose reader does not read, on the simulator")
struct SimulatorReaderTests {
    /// Becomes the rest of the words, with a standard stream that is full.
    private static func program(filling stream: Int32) -> String {
        "python3 Tests/natctlTests/tools/full-pipe.py \(stream) natctl"
    }

    @Test(
        "deletes the mapping all the same, and ends within 5 s",
        arguments: [(STDOUT_FILENO, "--json"), (STDOUT_FILENO, "-q"), (STDERR_FILENO, "-v")])
    func letsGo(stream: Int32, options: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 --keep \(options)", of: Self.program(filling: stream)
            ) { natctl in
                try await condition { !tool.forwarded.isEmpty }
                // Again and again, for before it holds nothing is asked again.
                try await condition {
                    natctl.send(SIGHUP)
                    return tool.gateway.log.count(.pcpMap) >= 2
                }
                natctl.send(SIGTERM)
                try await condition { tool.forwarded.isEmpty }
                try await Self.endsInTime(natctl)
            }
            #expect(outcome.status == 128 + SIGTERM)
        }
    }

    /// Expects a natctl that has got a signal to end within 5 s, and a second for a busy machine.
    private static func endsInTime(_ natctl: RunningTool) async throws {
        let start = ContinuousClock.now
        try await condition { natctl.hasEnded }
        #expect(ContinuousClock.now - start < .seconds(6))
    }

    @Test(
        "ends within 5 s of a signal, whatever the command",
        arguments: [
            (STDOUT_FILENO, "external-ip"), (STDOUT_FILENO, "list --json"),
            (STDOUT_FILENO, "gateway"), (STDOUT_FILENO, "watch"), (STDOUT_FILENO, "--help"),
            (STDOUT_FILENO, "list-interfaces --all"), (STDERR_FILENO, "external-ip -vv"),
            (STDERR_FILENO, "map tcp 0"), (STDOUT_FILENO, "map tcp 8080 --keep --via upnp --json"),
        ])
    func ends(stream: Int32, command: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(command, of: Self.program(filling: stream)) {
                natctl in
                // It has come to the write that nobody reads.
                try await condition { natctl.isWaitingForReader }
                natctl.send(SIGTERM)
                try await Self.endsInTime(natctl)
            }
            #expect(outcome.status == 128 + SIGTERM)
        }
    }

    @Test("ends at once at a second signal, of which a copy of the first is none")
    func endsAtSecond() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "external-ip", of: Self.program(filling: STDOUT_FILENO)
            ) { natctl in
                try await condition { natctl.isWaitingForReader }
                natctl.send(SIGTERM)
                try await Task.sleep(for: .milliseconds(300))
                natctl.send(SIGTERM)
                try await Task.sleep(for: .milliseconds(200))
                #expect(!natctl.hasEnded)
                try await natctl.sendLater(SIGINT)
                let start = ContinuousClock.now
                try await condition { natctl.hasEnded }
                #expect(ContinuousClock.now - start < .seconds(4))
            }
            #expect(outcome.status == 128 + SIGINT)
        }
    }

    @Test("loses nothing when the reader is only slow, also where the pipe does not block")
    func isSlow() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "exec python3 Tests/natctlTests/tools/slow-reader.py natctl upnp-scan --help")
            let help = try await tool.natctl("upnp-scan --help")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == help.output)
        }
    }

    @Test("ends by itself some time after COMMAND, with its status")
    func endsAfterCommand() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "exec \(Self.program(filling: STDERR_FILENO)) map tcp 8080 -- sh -c 'exit 7'")
            #expect(outcome.status == 7)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("runs hooks")
    func runsHooks() async throws {
        try await ToolBehindGateway.run { tool in
            let file = tool.state.url.appending(path: "heard").path
            _ = try await tool.running(
                "map tcp 8080 --keep --on-change 'echo $NATCTL_EVENT >>\(file)'",
                of: Self.program(filling: STDOUT_FILENO)
            ) { natctl in
                try await condition { (try? tool.state.text("heard")) == "mapped\n" }
                natctl.send(SIGTERM)
                try await condition { (try? tool.state.text("heard")) == "mapped\nunmapped\n" }
            }
        }
    }
}
