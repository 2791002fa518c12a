import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("A mapping kept on the simulator", .timeLimit(.minutes(10))) struct SimulatorKeepFaultTests {
    private static let groups = (
        pcp: SocketAddress(.v4(IPv4Address(rawValue: 0xE000_0001)), port: 5350),
        upnp: SocketAddress(.v4(IPv4Address(rawValue: 0xEFFF_FFFA)), port: 1900)
    )

    @Test(
        "is told when a renewal is refused, asked for again, and there when the gateway relents",
        arguments: ["pcp", "nat-pmp"])
    func isRefused(technique: String) async throws {
        try await ToolBehindGateway.run({
            // A refusal counts for half a minute, so that the mapping ends before.
            $0.lifetimeSeconds = 8...86400
            $0.faults.renewalRefusal = .init(code: 2, count: 1)
        }) { tool in
            try await tool.natctl(
                staying: "map tcp 8080 --via \(technique) --lifetime 16s --keep"
            ) { held in
                try await held.waits(for: "mapped")
                let told = try await held.waits(for: "warning")
                #expect(told.code != nil)
                try await condition { tool.gateway.faults.renewalRefusal?.count == 0 }
                let seen = try await held.events.count
                let again = try await held.waits(for: "renewed", after: seen, within: .seconds(60))
                #expect(again.mapping?.externalPort == 8080)
                #expect(tool.forwarded == ["tcp 8080 8080 \(technique)"])
            }
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test(
        "is made again after a restart that only an announcement shows",
        arguments: ["pcp", "nat-pmp"])
    func restarts(technique: String) async throws {
        try await ToolBehindGateway.run({
            $0.announcesTo = Self.groups.pcp
            $0.faults.keepsEpoch = true
        }) { tool in
            try await tool.natctl(staying: "map tcp 8080 --via \(technique) --keep") { held in
                try await held.waits(for: "mapped")
                let asked = tool.gateway.log.count
                await tool.gateway.restart()
                try await condition { tool.gateway.log.count > asked }
                try await condition { tool.forwarded == ["tcp 8080 8080 \(technique)"] }
            }
        }
    }

    @Test("follows an answer that nobody has asked for to another port (RFC 6887, section 14.2)")
    func movesPort() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl(staying: "map tcp 8080 --via pcp --keep") { held in
                try await held.waits(for: "mapped")
                await tool.gateway.updateMappings(.moved(to: 25001))
                let changed = try await held.waits(for: "changed")
                #expect(changed.mapping?.externalPort == 25001)
                // Three copies say it once.
                let told = try await held.events.filter { $0.event == "changed" }
                #expect(told.count == 1)
                #expect(tool.forwarded == ["tcp 8080 25001 pcp"])
            }
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("is made again when an answer that nobody has asked for revokes it")
    func isRevoked() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl(staying: "map tcp 8080 --via pcp --keep") { held in
                try await held.waits(for: "mapped")
                await tool.gateway.updateMappings(.revoked(code: 11))
                // Only the gateway's answer to a question is believed, and that is a grant.
                try await condition { tool.forwarded == ["tcp 8080 8080 pcp"] }
            }
        }
    }

    @Test(
        "is let go though the answer to its delete takes half of the time for that",
        arguments: [("pcp", GatewayOperation.pcpDelete), ("nat-pmp", .natpmpDelete)])
    func isDeletedSlowly(via: String, operation: GatewayOperation) async throws {
        var faults = GatewayFaults()
        faults.answerDelays = [operation: .milliseconds(2500)]
        try await ToolBehindGateway.run(faults) { tool in
            try await tool.natctl(staying: "map tcp 8080 --via \(via) --keep") { held in
                try await held.waits(for: "mapped")
            }
            #expect(tool.forwarded.isEmpty)
            let leases = try await tool.natctl("list --leases --json")
            #expect(leases.output.contains(#""mappings":[]"#))
        }
    }

    @Test("of a thousand ports is there a thousand times, and then not once")
    func holdsMany() async throws {
        // ThreadSanitizer is too slow to delete a thousand in five seconds.
        let count = Sanitizer.thread.isUsed ? 200 : 1000
        try await ToolBehindGateway.run { tool in
            // Each event has every assignment, so as JSON these would be hundreds of megabytes.
            try await tool.natctl(
                staying: "map tcp 20000-\(19999 + count) --via pcp --keep", format: ""
            ) { held in
                try await condition { tool.gateway.mappings.count == count }
                let deadline = ContinuousClock.now + .seconds(120)
                while try await held.report.matches(of: /mapped tcp/).count < count {
                    try #require(.now < deadline)
                    try await Task.sleep(for: .milliseconds(100))
                }
            }
            #expect(tool.forwarded.isEmpty)
        }
    }
}
