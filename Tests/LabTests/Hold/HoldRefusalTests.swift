import TestSupport
import Testing

@Suite("A held mapping, when the router is unwilling,", .needsLab, .timeLimit(.minutes(30)))
struct HoldRefusalTests {
    @Test("tells that it is refused, and is back when the router relents")
    func relents() async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                let seen = try await tool.events.count
                try await lab.routerDaemon("stop")
                try await lab.routerDaemon("configure", "deny 0-65535 0.0.0.0/0 0-65535")
                try await lab.routerDaemon("start")
                let lost = try await tool.waits(for: "lost", after: seen)
                #expect(lost.error?.code == "refused")
                try await lab.routerDaemon("stop")
                try await lab.routerDaemon("configure")
                let relented = try await lab.routerDaemon("start")
                // An announcement is believed at once, or within half a minute of the last one.
                let back = try await lab.secondsUntilBack(since: relented, tool: tool)
                let report = try await tool.report
                #expect(back < 40, "\(report)")
                try await tool.waits(for: "mapped", after: seen)
            }
        }
    }

    @Test(
        "asks once when a neighbour says a thousand times that the router has restarted (T-8)",
        arguments: ["pcp", "nat-pmp", "ssdp"])
    func hearsLies(kind: String) async throws {
        try await Lab.run(.secondClient, .countRequests) { lab in
            try await lab.keeping("--via pcp") { tool in
                let before = try #require(try await lab.requestCount())
                let forged = try await lab.on(.client2, "forge.py \(kind) 1000")
                #expect(forged.status == 0, "\(forged.errors)")
                #expect(forged.seconds < 5)
                try await lab.wait(for: "a question") { try await lab.requestCount() ?? 0 > before }
                // Longer than the longest delay before a question, so that a second one would show.
                try await Task.sleep(for: .seconds(6))
                let report = try await tool.report
                #expect(try await lab.requestCount() == before + 1, "\(report)")
                #expect(try await tool.events.filter { $0.event == "gatewayRestarted" }.isEmpty)
            }
        }
    }
}
