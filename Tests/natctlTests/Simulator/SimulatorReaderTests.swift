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
        "deletes the mapping all the same, and leaves at the second signal",
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
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 128 + SIGTERM)
        }
    }

    @Test("ends by itself some time after COMMAND, with its status")
    func ends() async throws {
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
                natctl.send(SIGTERM)
            }
        }
    }
}
