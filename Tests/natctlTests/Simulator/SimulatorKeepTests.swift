import Foundation
import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("natctl map --keep on the simulator") struct SimulatorKeepTests {
    @Test(
        "deletes the mapping at a signal, and ends with 128 and the signal",
        arguments: [(SIGINT, ""), (SIGTERM, "--json"), (SIGTERM, "--via nat-pmp"), (SIGINT, "-q")])
    func deletes(signal: Int32, options: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running("map both 8080 --keep \(options)") { natctl in
                try await condition { natctl.lines.count == 2 }
                #expect(tool.forwarded.count == 2)
                natctl.send(signal)
            }
            #expect(outcome.status == 128 + signal, "\(outcome.errors)")
            #expect(tool.forwarded.isEmpty)
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("holds what the systemd unit's example names")
    func holdsUnit() async throws {
        let unit = try ProjectFiles.text("Packaging/systemd/natctl-map@.service")
        let start = try #require(unit.firstMatch(of: /ExecStart=\/usr\/bin\/natctl (.+)/)).1
        let words = try #require(unit.firstMatch(of: /#     MAP=(.+)/)).1
        try await ToolBehindGateway.run { tool in
            // A shell splits $MAP as systemd does.
            let outcome = try await tool.running(
                String(start), environment: ["MAP": String(words)]
            ) { natctl in
                try await condition { natctl.lines.count == 4 }
                #expect(
                    tool.forwarded.sorted() == [
                        "tcp 8080 80 pcp", "tcp 8443 8443 pcp", "tcp 9000 9000 pcp",
                        "udp 51820 51820 pcp",
                    ])
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 143, "\(outcome.errors)")
        }
    }

    @Test("prints each event as a JSON line")
    func printsEvents() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running("map tcp 22 8080 --keep --json") { natctl in
                try await condition { natctl.events.count == 3 }
                natctl.send(SIGHUP)
                try await condition { natctl.events.filter { $0 == "renewed" }.count == 2 }
                natctl.send(SIGTERM)
            }
            let names = outcome.output.matches(of: /"event":"([A-Za-z]+)"/).map { String($0.1) }
            #expect(
                names == [
                    "warning", "mapped", "mapped", "renewed", "renewed", "unmapped", "unmapped",
                ])
            #expect(outcome.lines.first?.contains(#""code":"sensitivePort""#) == true)
        }
    }

    @Test(
        "prints a line each for people, with the renewals only when asked to",
        arguments: [false, true])
    func printsForPeople(isVerbose: Bool) async throws {
        try await ToolBehindGateway.run { tool in
            let before = tool.gateway.log.count
            let outcome = try await tool.running("map tcp 8080 --keep \(isVerbose ? "-v" : "")") {
                natctl in
                try await condition { !natctl.lines.isEmpty }
                natctl.send(SIGHUP)
                try await condition { tool.gateway.log.count >= before + 2 }
                if isVerbose { try await condition { natctl.lines.count > 1 } }
                natctl.send(SIGINT)
            }
            let ended = "tcp 127.0.0.1:8080 <- 11.22.33.1:8080  pcp"
            let mapping = "\(ended), 2h"
            let told = outcome.lines.map { String($0.dropFirst("2026-11-25 18:00:00  ".count)) }
            #expect(
                told == ["mapped \(mapping)"] + (isVerbose ? ["renewed \(mapping)"] : [])
                    + ["unmapped \(ended)"])
        }
    }

    @Test("says at the end that another process holds the lease file, and waits no longer for it")
    func lockedLeases() async throws {
        try await ToolBehindGateway.run { tool in
            let lock = unsafe open(
                tool.state.url.appending(path: "leases.lock").path, O_RDWR | O_CREAT, 0o600)
            defer { close(lock) }
            let outcome = try await tool.running("map tcp 8080 --keep") { natctl in
                try await condition { !natctl.lines.isEmpty }
                flock(lock, LOCK_EX)
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 128 + SIGTERM)
            #expect(outcome.errors.contains("another process holds its lock"), "\(outcome.errors)")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("loses no line where there are many mappings")
    func printsMany() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running("map tcp 20000-20599 --keep") { natctl in
                try await condition { natctl.lines.count >= 600 }
                natctl.send(SIGTERM)
            }
            #expect(outcome.lines.count == 1200)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("prints the external ports once with --quiet")
    func isQuiet() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running("map tcp 9000 8080-8081 --keep -q") { natctl in
                try await condition { natctl.lines.count == 3 }
                natctl.send(SIGTERM)
            }
            #expect(outcome.output == "9000\n8080\n8081\n")
            #expect(outcome.errors == "")
        }
    }

    @Test("says what could not be deleted, and keeps its lease")
    func saysWhatStays() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running("map tcp 8080 --keep") { natctl in
                try await condition { !natctl.lines.isEmpty }
                tool.gateway.faults.silence = .all
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 143)
            #expect(outcome.errors.contains("tcp 8080 may still be mapped: "))
            #expect(outcome.seconds < 15)
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
        }
    }

    @Test("fails as map does when not every port is mapped, and leaves nothing")
    func failsAtStart() async throws {
        try await ToolBehindGateway.run { tool in
            tool.gateway.faults.refusals = [.pcpMap: 2, .natpmpMap: 2]
            for arguments in ["map tcp 8080 --json --via pcp", "map tcp 8080 --json --via nat-pmp"]
            {
                let plain = try await tool.natctl(arguments)
                let kept = try await tool.natctl("\(arguments) --keep")
                #expect(kept.status == 77)
                #expect(kept.output == plain.output)
                #expect(kept.errors == plain.errors)
            }
            let outcome = try await tool.shell(
                "natctl map tcp 80 --keep --via pcp -- touch $NATCTL_STATE/ran")
            #expect(outcome.status == 77)
            #expect(!FileManager.default.fileExists(atPath: tool.state.url.path + "/ran"))
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("ends by a signal also where the one who started it had that blocked")
    func hearsBlocked() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "--block-signal=TERM natctl map tcp 8080 --keep", of: "env"
            ) { natctl in
                try await condition { !natctl.lines.isEmpty }
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 128 + SIGTERM)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("a signal at the start leaves nothing")
    func endsAtStart() async throws {
        try await ToolBehindGateway.run { tool in
            tool.gateway.faults.silence = .all
            let outcome = try await tool.running("map tcp 8080-8082 --keep --json") { natctl in
                try await condition { tool.gateway.log.count > 0 }
                natctl.send(SIGINT)
            }
            #expect(outcome.status == 130)
            #expect(outcome.output == "")
        }
    }

    @Test("ends at once when nobody reads the ports either")
    func endsWithoutReaderOfPorts() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                """
                { natctl map tcp 8080 --keep -q; echo $? >&2; } | true
                """)
            #expect(outcome.errors == "141\n")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("ends as SIGPIPE would end it when nobody reads, but cleans up")
    func endsWithoutReader() async throws {
        try await ToolBehindGateway.run { tool in
            async let ending = tool.shell(
                """
                cd $NATCTL_STATE
                { sh -c 'echo $$ >process; exec natctl map tcp 8080 --keep --json'
                echo $? >status; } | head -n 1
                """)
            try await condition { !tool.forwarded.isEmpty }
            let process = try #require(
                pid_t(tool.state.text("process").trimmingCharacters(in: .newlines)))
            try await condition {
                kill(process, SIGHUP)
                return (try? tool.state.text("status"))?.hasSuffix("\n") == true
            }
            kill(process, SIGKILL)
            #expect(try await ending.lines.count == 1)
            #expect(try tool.state.text("status") == "141\n")
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("a second signal takes a hook that hangs along")
    func killsHook() async throws {
        try await ToolBehindGateway.run { tool in
            let file = tool.state.url.appendingPathComponent("hook").path
            let outcome = try await tool.running(
                "map tcp 8080 --keep --on-change 'echo $$ >\(file); exec sleep 300'"
            ) { natctl in
                try await condition { (try? tool.state.text("hook"))?.hasSuffix("\n") == true }
                natctl.send(SIGTERM)
                try await condition { tool.forwarded.isEmpty }
                try await natctl.sendLater(SIGTERM)
                try await condition { natctl.hasEnded }
            }
            #expect(outcome.status == 143)
            let hook = try #require(
                pid_t(tool.state.text("hook").trimmingCharacters(in: .newlines)))
            // Whoever adopts it may take its time.
            try await condition {
                let state = try? String(contentsOfFile: "/proc/\(hook)/stat", encoding: .utf8)
                return state == nil || state?.contains(") Z ") == true
            }
        }
    }

    @Test(
        "ends with the terminal, of which a shell tells its jobs",
        arguments: [
            "natctl map tcp 8080 --keep; :", "natctl map tcp 8080 --keep & wait",
            """
            natctl map tcp 8080 --keep >/dev/null 2>&1 &
            for n in $(seq 99); do natctl list --leases -q | grep . && break; sleep 0.1; done
            echo mapped; wait
            """,
        ])
    func endsWithTerminal(script: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.shell(
                "exec python3 Tests/natctlTests/tools/press-keys.py close=mapped "
                    + "bash --norc -i -c '\(script)'")
            #expect(outcome.output.contains("mapped"), "\(outcome.output)")
            try await condition { tool.forwarded.isEmpty }
        }
    }

    @Test("tells systemd that it is ready, how it does, and that it ends")
    func tellsService() async throws {
        let socket = try NotifySocket()
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.running(
                "map tcp 8080 --keep", environment: ["NOTIFY_SOCKET": socket.name]
            ) { natctl in
                try await condition { !natctl.lines.isEmpty }
                natctl.send(SIGHUP)
                try await condition { tool.gateway.log.count >= 2 }
                natctl.send(SIGTERM)
            }
            #expect(outcome.status == 143)
            let kinds = socket.messages().map { $0.replacing(/MONOTONIC_USEC=[0-9]+/, with: "now") }
            let mapped = "STATUS=tcp 8080 <- 11.22.33.1:8080"
            #expect(kinds.first == "READY=1")
            #expect(kinds.contains(mapped))
            #expect(kinds.contains("RELOADING=1\nnow"))
            #expect(kinds.suffix(2) == ["STOPPING=1", "STATUS=nothing is mapped"], "\(kinds)")
        }
    }
}
