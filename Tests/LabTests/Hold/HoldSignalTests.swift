import Foundation
import TestSupport
import Testing

@Suite("A held mapping, when natctl gets a signal,", .needsLab, .timeLimit(.minutes(30)))
struct HoldSignalTests {
    @Test(
        "at any moment, is one mapping on the same port for the next map",
        arguments: [SIGTERM, SIGINT, SIGHUP, SIGKILL], ["pcp", "nat-pmp", "upnp"])
    func anyMoment(signal: Int32, technique: String) async throws {
        // So long a wire that moments lie between the requests.
        try await Lab.run(.roundTrip(30)) { lab in
            for _ in 0..<5 {
                let map = "\(Lab.natctl.path) map tcp 8080 --via \(technique)"
                let process = try await lab.start("\(map) --keep")
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300)))
                try await lab.signal(signal, to: process)
                // That one asks again and stays, unless it came before natctl listens to signals.
                if signal == SIGHUP { try await lab.signal(SIGTERM, to: process) }
                let ended = try await lab.finish(process)
                let statuses = signal == SIGHUP ? [SIGHUP, SIGTERM] : [signal]
                #expect(statuses.contains(ended.status - 128), "\(ended.errors)")
                if signal != SIGKILL {
                    let left = try await lab.ruleCount()
                    #expect(left == 0, "\(ended.errors)")
                }

                let next = try await lab.on(.client, "\(map) -q")
                #expect(next.lines == ["8080"], "\(next.errors)")
                #expect(try await lab.ruleCount() == 1)
                try await lab.natctl("unmap tcp 8080")
                #expect(try await lab.ruleCount() == 0)
            }
        }
    }

    @Test("SIGHUP, is asked for again, and stays")
    func refreshes() async throws {
        try await Lab.run(.countRequests) { lab in
            try await lab.keeping("--via pcp") { tool in
                let before = try #require(try await lab.requestCount())
                try await tool.signal(SIGHUP)
                try await tool.waits(for: "renewed")
                #expect(try await lab.requestCount() == before + 1)
            }
        }
    }

    @Test("a second one while the router is silent, is left at once and stays in the lease file")
    func leavesAtOnce() async throws {
        try await Lab.run { lab in
            try await lab.serve("tcp", "8080")
            let process = try await lab.start(
                "\(Lab.natctl.path) map tcp 8080 --via pcp --keep --json -v")
            let tool = lab.staying(process)
            try await tool.waits(for: "mapped")
            let silence = "udp dport 5351 counter drop"
            try await lab.on(.router, "nft add table inet lab")
            try await lab.on(
                .router,
                words: [
                    "nft", "add chain inet lab input { type filter hook input priority -10; }",
                ])
            try await lab.on(.router, words: ["nft", "add rule inet lab input \(silence)"])
            let start = ContinuousClock.now
            try await tool.signal(SIGINT)
            try await lab.waitUntilGatewayIsAsked()
            // Within a second it would be a copy of the first.
            try await Task.sleep(for: .milliseconds(1200))
            try await tool.signal(SIGINT)
            let ended = try await lab.finishEvents(process)
            #expect(ended.status == 130, "\(ended.errors)")
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(try await lab.natctl("list --leases -q").lines == ["8080"])
        }
    }
}
