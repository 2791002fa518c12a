import Foundation
import TestSupport
import Testing

/// What the tests ask of a lab in which `natctl` stays.
extension Lab {
    /// A command that was started, seen as a `natctl` that stays.
    nonisolated func staying(_ process: Int) -> StayingTool {
        StayingTool(
            look: { try await self.look(at: process) },
            send: { try await self.signal($0, to: process) })
    }

    /// Waits for its end and holds every line against the schema.
    func finishEvents(_ process: Int) async throws -> CommandOutcome {
        let outcome = try finish(process)
        for line in outcome.lines where DocumentSchema.isAvailable {
            try await DocumentSchema.shared.check(line)
        }
        return outcome
    }

    /// Lends a `natctl` that stays to `body`, and ends it by SIGTERM.
    nonisolated func natctl(
        staying arguments: String, body: (StayingTool) async throws -> Void
    ) async throws {
        let process = try await start("\(Self.natctl.path) \(arguments) --json -v")
        let tool = staying(process)
        try await body(tool)
        try await tool.signal(SIGTERM)
        let outcome = try await finishEvents(process)
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
        at address: String = "11.22.33.1", tool: StayingTool
    ) async throws -> Double {
        let outcome = try await on(.wan, "peer.py await \(transport) \(address) \(port)")
        guard let back = outcome.lines.first.flatMap(Double.init) else {
            throw Failure.notInTime("port \(port) again\(try await tool.report)")
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
