import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("natctl map -- COMMAND on the simulator") struct SimulatorMapCommandTests {
    @Test(
        "ends as COMMAND does, and unmaps",
        arguments: [
            ("true", 0), ("sh -c 'exit 7'", 7), ("sh -c 'kill -KILL $$'", 137),
            ("no-such-program", 127), ("/etc/hostname", 127), ("/", 127),
        ])
    func passesStatusOn(command: String, status: Int32) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell("natctl map tcp 8080 -- \(command)")
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(outcome.output == "")
            #expect(outcome.errors.contains(" mapped tcp 127.0.0.1:8080 <- 11.22.33.1:8080"))
            #expect(outcome.errors.contains(" unmapped tcp 127.0.0.1:8080"))
            #expect(tool.forwarded.isEmpty)
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("gives COMMAND standard input and output, the mapping in variables, and every word")
    func givesWords() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                """
                echo in | NOTIFY_SOCKET=/nowhere natctl map udp 8080 9000 --json -- sh -c '
                    cat; echo "$@"; env | grep -E "^(NATCTL_(TR|IN|EX|TE|GA|EV)|NOTIFY)" | sort
                ' -- --json -- "a b"
                """)
            #expect(outcome.status == 0)
            #expect(
                outcome.lines == [
                    "in", "--json -- a b", "NATCTL_EXTERNAL_ADDRESS=11.22.33.1",
                    "NATCTL_EXTERNAL_PORT=8080", "NATCTL_GATEWAY=\(tool.gateway.gateway)",
                    "NATCTL_INTERNAL_ADDRESS=127.0.0.1", "NATCTL_INTERNAL_PORT=8080",
                    "NATCTL_TECHNIQUE=pcp", "NATCTL_TRANSPORT=udp",
                ])
            let events = outcome.errors.matches(of: /"event":"([a-z]+)"/).map { String($0.1) }
            #expect(events == ["mapped", "mapped", "unmapped", "unmapped"])
        }
    }

    @Test("gives COMMAND no variable of natctl's from elsewhere, however its value begins")
    func replacesVariables() async throws {
        try await ToolBehindGateway.run { tool in
            // An accent that joins the sign before it.
            let outcome = try await tool.shell(
                "natctl map tcp 8080 -q -- env",
                environment: ["NATCTL_TRANSPORT": "\u{301}udp", "NOTIFY_SOCKET": "\u{301}"])
            let told = outcome.lines.filter {
                $0.hasPrefix("NATCTL_TRANSPORT") || $0.hasPrefix("NOTIFY")
                    || $0.utf8.starts(with: "NATCTL_TRANSPORT".utf8)
                    || $0.utf8.starts(with: "NOTIFY_SOCKET".utf8)
            }
            #expect(told == ["NATCTL_TRANSPORT=tcp"])
        }
    }

    @Test("leaves COMMAND no descriptor of its own")
    func leavesNoDescriptor() async throws {
        try await ToolBehindGateway.run { tool in
            // In a shell without others, for a test's own are inherited.
            let outcome = try await tool.shell(
                """
                bash -c 'for file in /proc/$$/fd/*; do n=${file##*/}
                    [ $n -lt 3 ] || eval "exec $n>&-"; done
                natctl map tcp 8080 -- ls /proc/self/fd'
                """)
            // The last is that of ls itself.
            #expect(outcome.output == "0\n1\n2\n3\n")
        }
    }

    @Test(
        "passes signals on, and waits for what COMMAND makes of them",
        arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2])
    func passesSignalsOn(signal: Int32) async throws {
        try await ToolBehindGateway.run { tool in
            let script =
                "trap \"echo heard; exit 9\" \(signal); echo ready; while :; do sleep 0.05; done"
            let outcome = try await tool.running("map tcp 8080 -- sh -c '\(script)'") { natctl in
                try await condition { natctl.lines == ["ready"] }
                natctl.send(signal)
            }
            #expect(outcome.status == 9, "\(outcome.errors)")
            #expect(outcome.lines == ["ready", "heard"])
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("ends by the signal that ends COMMAND", arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    func endsBySignal(signal: Int32) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 -- sh -c 'echo ready; exec sleep 60'"
            ) { natctl in
                try await condition { natctl.lines == ["ready"] }
                natctl.send(signal)
            }
            #expect(outcome.status == 128 + signal)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("leaves a signal ignored that nohup has made it ignore")
    func leavesIgnored() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "trap '' HUP; natctl map tcp 8080 -- sh -c 'kill -HUP $PPID $$; exit 4'")
            #expect(outcome.status == 4)
        }
    }

    @Test("hears SIGINT also where a shell has it ignored")
    func hearsIgnored() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "trap '' INT; natctl map tcp 8080 -- sh -c 'kill -INT $PPID; exec sleep 60'")
            #expect(outcome.status == 130)
        }
    }

    @Test(
        "ends at once at the second signal, and takes a COMMAND along that ignores it",
        arguments: ["", "--keep "], [GatewayFaults.Silence.none, .all])
    func endsStubborn(keep: String, silence: GatewayFaults.Silence) async throws {
        try await ToolBehindGateway.run { tool in
            let script = "trap \"echo heard\" TERM; echo $$; while :; do sleep 0.05; done"
            let outcome = try await tool.running(
                "map tcp 8080 \(keep)-- sh -c '\(script)'"
            ) { natctl in
                try await condition { !natctl.lines.isEmpty }
                tool.gateway.faults.silence = silence
                natctl.send(SIGTERM)
                try await condition { natctl.lines.last == "heard" }
                try await natctl.sendLater(SIGTERM)
                let start = ContinuousClock.now
                try await condition { natctl.hasEnded }
                // Letting go of a silent gateway takes 5 s.
                #expect(ContinuousClock.now - start < .seconds(4))
                let command = try #require(natctl.lines.first.flatMap { pid_t($0) })
                // Nobody waits for it any more, so that it goes at once.
                try await condition(within: .seconds(5)) { kill(command, 0) != 0 && errno == ESRCH }
                kill(command, SIGKILL)
            }
            #expect(outcome.status == 143)
            #expect(tool.forwarded.isEmpty == (silence == .none))
        }
    }

    @Test("lets a COMMAND end by itself that obeys the second signal only, and unmaps")
    func obeysSecond() async throws {
        try await ToolBehindGateway.run { tool in
            let script =
                "trap \"echo heard\" INT; trap \"echo ended; exit 3\" TERM; echo ready; "
                + "while :; do sleep 0.05; done"
            let outcome = try await tool.running("map tcp 8080 -- sh -c '\(script)'") { natctl in
                try await condition { !natctl.lines.isEmpty }
                natctl.send(SIGINT)
                try await condition { natctl.lines.last == "heard" }
                try await natctl.sendLater(SIGTERM)
                try await condition { natctl.hasEnded }
            }
            #expect(outcome.lines == ["ready", "heard", "ended"])
            #expect(outcome.status == 143)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("gets arguments that are no text as they are")
    func passesBytes() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                #"""
                natctl map tcp 8080 -- printf %s "$(printf 'a\377b')" -- "$(printf '\200')" | od -An -tx1
                """#)
            #expect(outcome.output == " 61 ff 62 2d 2d 80\n")
        }
    }

    @Test("a key at the terminal reaches COMMAND once")
    func keyReachesOnce() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "exec python3 Tests/natctlTests/tools/press-keys.py natctl map tcp 8080 -- "
                    + "python3 -u Tests/natctlTests/tools/count-interrupts.py")
            #expect(outcome.status == 5, "\(outcome.output)")
            #expect(outcome.output.contains("interrupts: 2"), "\(outcome.output)")
            #expect(tool.forwarded.isEmpty)
        }
    }
}
