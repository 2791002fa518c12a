import Foundation
import TestSupport
import Testing

/// A natctl that stays on the client, and the events it has printed.
struct StayingTool {
    /// An event that did not come, with all that did.
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    let lab: Lab
    let process: Int

    /// Every whole line so far.
    var events: [ToolEvent] {
        get async throws { try ToolEvent.read(try await lab.look(at: process).output) }
    }

    /// What was printed, for whoever reads why a test has failed.
    var report: String {
        get async throws {
            let texts = try await lab.look(at: process)
            return "\n--- events\n\(texts.output)--- log\n\(texts.errors)"
        }
    }

    /// Waits for an event that was not among the first `seen`.
    @discardableResult func waits(
        for event: String, after seen: Int = 0, within limit: Duration = .seconds(20),
        where isMeant: (ToolEvent) -> Bool = { _ in true }
    ) async throws -> ToolEvent {
        var found: ToolEvent?
        do {
            try await lab.wait(for: event, within: limit) {
                found = try await events.dropFirst(seen).first {
                    $0.event == event && isMeant($0)
                }
                return found != nil
            }
        } catch Lab.Failure.notInTime {
            throw Missing(description: "no \(event)" + (try await report))
        }
        return try #require(found)
    }

    /// Sends a signal.
    func signal(_ signal: Int32) async throws { try await lab.signal(signal, to: process) }

    /// Waits for its end and holds every line against the schema.
    func finish() async throws -> CommandOutcome {
        let outcome = try await lab.finish(process)
        for line in outcome.lines where DocumentSchema.isAvailable {
            try await DocumentSchema.shared.check(line)
        }
        return outcome
    }
}

extension Lab {
    /// Lends a `natctl` that stays to `body`, and ends it by SIGTERM.
    nonisolated func natctl(
        staying arguments: String, body: (StayingTool) async throws -> Void
    ) async throws {
        let process = try await start("\(Self.natctl.path) \(arguments) --json -v")
        let tool = StayingTool(lab: self, process: process)
        try await body(tool)
        try await tool.signal(SIGTERM)
        let outcome = try await tool.finish()
        #expect(outcome.status == 128 + SIGTERM, "\(outcome.output)\(outcome.errors)")
    }

    /// Lends a `natctl` that keeps the TCP port 8080, on which the client serves, to `body`; it must
    /// leave no mapping behind.
    nonisolated func keeping(
        _ options: String = "", body: (StayingTool) async throws -> Void
    ) async throws {
        try await serve("tcp", "8080")
        try await natctl(staying: "map tcp 8080 --keep \(options)") { tool in
            try await tool.waits(for: "mapped")
            #expect(try await reach("tcp", "8080") == ["tcp 8080"])
            try await body(tool)
        }
        #expect(try await ruleCount() == 0)
    }

    /// How many seconds after `instant` the WAN host first reached a port.
    nonisolated func secondsUntilBack(
        since instant: Double, _ transport: String = "tcp", _ port: Int = 8080,
        at address: String = "11.22.33.1", tool: StayingTool? = nil
    ) async throws -> Double {
        let outcome = try await on(.wan, "peer.py await \(transport) \(address) \(port)")
        guard let back = outcome.lines.first.flatMap(Double.init) else {
            throw StayingTool.Missing(
                description: "not back on \(port)" + (try await tool?.report ?? ""))
        }
        return back - instant
    }

    /// Does something to the router's daemon; where that starts it, the instant when it ran.
    @discardableResult func routerDaemon(_ words: String...) throws -> Double {
        let outcome = try on(.router, words: ["router-daemon"] + words)
        guard outcome.status == 0 else { throw Failure.notInTime(outcome.errors) }
        return outcome.lines.last.flatMap(Double.init) ?? 0
    }
}
