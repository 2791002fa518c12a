import TestSupport
import Testing

@Suite("A held mapping, when the router restarts,", .needsLab, .timeLimit(.minutes(30)))
struct HoldRestartTests {
    /// Seconds from the router's return: the five that `HoldHintTests` demands, and what a busy
    /// machine takes.
    static let limit = 10.0

    @Test(
        "is back within five seconds after a power cut, and that is told",
        arguments: ["pcp", "nat-pmp", "upnp"])
    func losesPower(technique: String) async throws {
        // A router that has run for a while; the epoch of a new one could not fall.
        try await Lab.run(.config("system_uptime=yes")) { lab in
            try await lab.keeping("--via \(technique)") { tool in
                try await lab.routerDaemon("kill")
                try await lab.routerDaemon("configure")
                #expect(try await lab.reach("tcp", "8080") == ["refused"])
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("start"), tool: tool)
                let report = try await tool.report
                #expect(back < Self.limit, "\(report)")
                let told = try await tool.waits(for: "gatewayRestarted")
                #expect(told.gateway == "192.168.77.1")
                #expect(try await lab.ruleCount() == 1)
            }
        }
    }

    @Test(
        "is back within five seconds though the epoch goes on as if nothing had been",
        arguments: ["pcp", "nat-pmp"])
    func keepsEpoch(technique: String) async throws {
        try await Lab.run(.config("system_uptime=yes")) { lab in
            try await lab.keeping("--via \(technique)") { tool in
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("restart"), tool: tool)
                let report = try await tool.report
                #expect(back < Self.limit, "\(report)")
            }
        }
    }

    @Test(
        "is back with the next renewal where no announcement arrives",
        arguments: [[], [LabOption.config("system_uptime=yes")]])
    func hearsNothing(options: [LabOption]) async throws {
        try await Lab.run(options) { lab in
            try await lab.on(.client, "deaf")
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("restart"), tool: tool)
                // Five eighths of the lifetime, and the delay of a recovery.
                let report = try await tool.report
                #expect(back < 10 + Self.limit, "\(report)")
            }
        }
    }

    @Test(
        "is found again on another control port of a router that speaks UPnP alone (S-18)",
        arguments: [false, true])
    func movesControlPort(isDeaf: Bool) async throws {
        let upnpAlone = ["enable_natpmp=no", "ipv6_disable=yes"]
        try await Lab.run(upnpAlone.map(LabOption.config)) { lab in
            if isDeaf { try await lab.on(.client, "deaf") }
            try await lab.keeping("--lifetime 16s") { tool in
                try await lab.routerDaemon("stop")
                try await lab.routerDaemon(
                    "configure", "enable_natpmp=no", "ipv6_disable=yes", "port=30404")
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("start"), tool: tool)
                let report = try await tool.report
                #expect(back < (isDeaf ? 20 : Self.limit), "\(report)")
                #expect(try await lab.ruleCount() == 1)
            }
        }
    }

    @Test("is told as lost while the router is away, and is back when it is back")
    func staysAway() async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                try await lab.routerDaemon("kill")
                let lost = try await tool.waits(for: "lost", within: .seconds(40))
                #expect(lost.mapping?.internalPort == 8080)
                #expect(lost.error != nil)
                #expect(lost.assignments?.contains { $0.technique != nil } == false)
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("start"), tool: tool)
                let report = try await tool.report
                #expect(back < Self.limit, "\(report)")
                let seen = try await tool.events.firstIndex { $0.event == "lost" } ?? 0
                let mapped = try await tool.waits(for: "mapped", after: seen)
                #expect(mapped.mapping?.externalPort == 8080)
            }
        }
    }

    /// The clock here is real, so less is lost than in `HoldLossTests`: an asking in three, with which
    /// a schedule of four is exhausted once in thousands.
    @Test("is never told as lost though every third asking is")
    func losesFrames() async throws {
        try await Lab.run(.loss(18)) { lab in
            let patient = "map tcp 8080 --keep --via nat-pmp --lifetime 64s --timeout 30s"
            try await lab.natctl(staying: patient) { tool in
                try await lab.wait(for: "renewals", within: .seconds(150)) {
                    try await tool.events.count { $0.event == "renewed" } >= 2
                }
                #expect(try await tool.events.filter { $0.event == "lost" }.isEmpty)
            }
        }
    }
}
