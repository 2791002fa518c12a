import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("natctl map --on-change on the simulator") struct SimulatorHookTests {
    @Test("hears each event but renewals and warnings, as the JSON line that is printed")
    func hearsEvents() async throws {
        try await ToolBehindGateway.run { tool in
            let hook = "cat >>$NATCTL_STATE/heard; echo $NATCTL_EVENT $NATCTL_EXTERNAL_PORT"
            let outcome = try await tool.running("map tcp 22 --keep --json --on-change '\(hook)'") {
                natctl in
                try await condition { natctl.errors.contains("mapped 22\n") }
                natctl.send(SIGHUP)
                try await condition { natctl.events.contains("renewed") }
                natctl.send(SIGTERM)
            }
            let told = outcome.lines.filter { $0.contains(#"mapped","#) }
            #expect(told.count == 2)
            #expect(try tool.state.text("heard") == told.map { "\($0)\n" }.joined())
            #expect(outcome.errors.hasSuffix("mapped 22\nunmapped 22\n"), "\(outcome.errors)")
        }
    }

    @Test("is warned of when it fails, as an event too")
    func fails() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 --keep --json --on-change 'test $NATCTL_EVENT = unmapped'"
            ) { natctl in
                try await condition { natctl.events.contains("warning") }
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 143)
            #expect(outcome.errors == "natctl: warning: the hook for mapped ended with 1\n")
            let warning = try #require(outcome.lines.first { $0.contains("hookFailed") })
            #expect(warning.contains("the hook for mapped ended with 1"))
        }
    }

    // ThreadSanitizer keeps the second signal waiting.
    @Test(
        "keeps nothing waiting when it hangs: renewals go on, and the mapping is deleted",
        .enabled(if: !Sanitizer.thread.isUsed))
    func hangs() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 --keep --json --on-change 'echo $$; exec sleep 300 2>&-'"
            ) { natctl in
                try await condition { !natctl.errors.isEmpty }
                natctl.send(SIGHUP)
                try await condition { natctl.events.contains("renewed") }
                natctl.send(SIGTERM)
                try await condition { natctl.events.contains("unmapped") && tool.forwarded.isEmpty }
                try await natctl.sendLater(SIGTERM)
                try await condition { natctl.hasEnded }
                let hook = pid_t(natctl.errors.prefix(while: \.isNumber))
                kill(try #require(hook), SIGKILL)
            }
            #expect(outcome.status == 143)
            #expect(outcome.seconds < 20)
        }
    }

    @Test("is told once of all that comes of one answer, with a line for each")
    func isToldOnce() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "natctl map tcp 8080 8081 -q --on-change 'echo $NATCTL_EVENT $NATCTL_INTERNAL_PORT $(wc -l)' "
                    + "-- true")
            #expect(outcome.status == 0)
            #expect(outcome.errors.contains("mapped 8080 2\n"), "\(outcome.errors)")
            #expect(outcome.errors.contains("unmapped 8080 2\n"), "\(outcome.errors)")
            #expect(!outcome.errors.contains("8081 "), "\(outcome.errors)")
        }
    }

    @Test("may write a megabyte, to standard error")
    func writesMuch() async throws {
        try await ToolBehindGateway.run { tool in
            let hook = "head -c 1000000 /dev/zero | tr \"\\\\0\" x"
            let outcome = try await tool.running("map tcp 8080 --keep --on-change '\(hook)'") {
                natctl in
                try await condition { natctl.errors.utf8.count == 1_000_000 }
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 143)
            #expect(outcome.errors.utf8.count == 2_000_000)
            #expect(outcome.lines.count == 2)
        }
    }

    @Test("goes with COMMAND as well, whose standard output stays its own")
    func goesWithCommand() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "natctl map tcp 8080 --on-change 'echo hook $NATCTL_EVENT' -- echo mine")
            #expect(outcome.status == 0)
            #expect(outcome.output == "mine\n")
            #expect(outcome.errors.contains("hook mapped\n"))
            #expect(outcome.errors.contains("hook unmapped\n"))
        }
    }

    @Test("alone, or with -- and nothing after it, is 64", arguments: ["--on-change true", "--"])
    func isRefused(arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map tcp 8080 \(arguments)")
            #expect(outcome.status == 64)
            #expect(outcome.output == "")
            #expect(outcome.errors.hasPrefix("natctl: "))
            #expect(tool.gateway.log.count == 0)
        }
    }
}
