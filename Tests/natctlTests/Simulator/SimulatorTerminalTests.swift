import GatewaySimulator
import TestSupport
import Testing

/// What a terminal has got, as a person sees it in the end.
private struct Terminal {
    var raw: String
    /// The lines after every wipe of one (`\r`, erase in line), without colours.
    var lines: [String]

    init(_ output: String) {
        raw = output
        let text = output.replacing(/\u{1B}\[[0-9]+m/, with: "").replacing("\r\n", with: "\n")
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.split(separator: "\r\u{1B}[K", omittingEmptySubsequences: false).last ?? "")
        }
        if lines.last == "" { lines.removeLast() }
    }

    var hasEscapes: Bool { raw.contains("\u{1B}") }
    var hasColor: Bool { raw.contains(/\u{1B}\[[0-9]+m/) }
    /// What was shown while natctl waited.
    var waits: [String] {
        raw.split(separator: "\r\u{1B}[K").map(String.init)
            .filter { $0.contains(/^(asking|searching)/) && $0.contains(" left") }
    }
}

extension ToolBehindGateway {
    /// Runs natctl at a terminal.
    fileprivate func atTerminal(
        _ arguments: String, options: String = "columns=80",
        setting variables: [String: String] = [:]
    ) async throws -> (terminal: Terminal, outcome: CommandOutcome) {
        let outcome = try await shell(
            "exec python3 Tests/natctlTests/tools/press-keys.py \(options) natctl \(arguments)",
            environment: ["TERM": "xterm", "LC_ALL": "C.UTF-8", "NO_COLOR": ""].merging(variables) {
                $1
            })
        return (Terminal(outcome.output), outcome)
    }
}

extension GatewayFaults {
    /// A gateway of which nothing is heard.
    fileprivate static var silent: GatewayFaults {
        var faults = GatewayFaults()
        faults.lossPercent = 100
        return faults
    }
}

@Suite("At a terminal") struct SimulatorTerminalTests {
    @Test(
        "what is shown fits the width and is coloured", arguments: [80, 120],
        ["gateway", "map tcp 8080 8081", "list", "list-interfaces --all", "unmap --all"])
    func fits(columns: Int, arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 7000")
            let (terminal, outcome) = try await tool.atTerminal(
                arguments, options: "columns=\(columns)")
            #expect(outcome.status == 0, "\(terminal.raw)")
            #expect(terminal.hasColor && !terminal.lines.isEmpty)
            #expect(terminal.lines.allSatisfy { $0.count <= columns }, "\(terminal.raw)")
            // A search waits for those who answer late.
            let isFast = arguments != "gateway" && arguments != "list"
            #expect(!isFast || terminal.waits.isEmpty, "\(terminal.raw)")
        }
    }

    @Test(
        "no colour and nothing that is wiped where that is not wanted",
        arguments: [
            ("unmap --all --color never", [:]), ("gateway", ["NO_COLOR": "1"]),
            ("gateway", ["TERM": "dumb"]), ("gateway --json", [:]), ("gateway -q", [:]),
            ("gateway --json --color always", [:]),
        ] as [(String, [String: String])])
    func isPlain(arguments: String, variables: [String: String]) async throws {
        try await ToolBehindGateway.run { tool in
            let (terminal, outcome) = try await tool.atTerminal(arguments, setting: variables)
            #expect(outcome.status == 0 && !terminal.lines.isEmpty)
            #expect(!terminal.hasEscapes, "\(terminal.raw)")
        }
    }

    @Test("a pipe gets colour only when told so, and no picture")
    func pipe() async throws {
        try await ToolBehindGateway.run { tool in
            #expect(!(try await tool.natctl("gateway").output.contains("\u{1B}")))
            let colored = try await tool.natctl("gateway --color always").output
            #expect(colored.contains("\u{1B}[32myes\u{1B}[0m"), "\(colored)")
            #expect(colored.contains("diagnosis: "))
        }
    }

    @Test(
        "whom a silent gateway keeps waiting sees whom natctl asks, and no trace of it in the end",
        arguments: ["external-ip", "map tcp 8080", "gateway"])
    func waits(arguments: String) async throws {
        try await ToolBehindGateway.run(.silent) { tool in
            let (terminal, _) = try await tool.atTerminal(arguments)
            #expect(
                terminal.waits.contains { $0.contains("asking 127.0.0.1 by") }, "\(terminal.raw)")
            #expect(!terminal.lines.contains { $0.contains(" left") }, "\(terminal.raw)")
        }
    }

    @Test(
        "nothing is wiped where there is no terminal, or somebody reads more of it",
        arguments: ["external-ip -v --timeout 1s", "external-ip --json --timeout 1s"])
    func doesNotShow(arguments: String) async throws {
        try await ToolBehindGateway.run(.silent) { tool in
            let (terminal, _) = try await tool.atTerminal(arguments)
            #expect(!terminal.raw.contains("\u{1B}[K"), "\(terminal.raw)")
            #expect(!(try await tool.natctl(arguments).errors.contains(" left")))
        }
    }

    @Test(
        "Ctrl-C leaves a clean line, and so does a second one that waits no longer",
        arguments: ["external-ip --via pcp", "upnp-scan --interface lo", "map tcp 8080 --via pcp"],
        [1, 1000])
    func leavesCleanLine(arguments: String, times: Int) async throws {
        try await ToolBehindGateway.run(.silent) { tool in
            let (terminal, outcome) = try await tool.atTerminal(
                arguments, options: "columns=80 at=left times=\(times)")
            #expect(outcome.status == 130, "\(terminal.raw)")
            #expect(terminal.waits.count > 0)
            #expect(terminal.lines.allSatisfy { $0.isEmpty || $0 == "^C" }, "\(terminal.raw)")
        }
    }

    @Test("a scan counts down, and says at the end that nobody was there")
    func countsDown() async throws {
        try await ToolBehindGateway.run(.silent) { tool in
            let (terminal, outcome) = try await tool.atTerminal(
                "upnp-scan --interface lo --scan-time 2s")
            #expect(outcome.status == 0, "\(terminal.raw)")
            #expect(
                terminal.waits.first == "searching for UPnP devices, 2s left", "\(terminal.raw)")
            #expect(terminal.lines == ["natctl: no UPnP device answered within 2s"])
        }
    }
}
