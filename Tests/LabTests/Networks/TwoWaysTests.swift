import TestSupport
import Testing

@Suite("One router that two interfaces reach (X-3)", .needsLab, .timeLimit(.minutes(30)))
struct TwoWaysTests {
    @Test(
        "is one gateway: mapped by both ways, deleted at once, and listed once",
        arguments: ["pcp", "nat-pmp", "upnp"], [50, 200])
    func isOne(technique: String, metric: Int) async throws {
        try await Lab.run(.secondInterface) { lab in
            try await lab.on(
                .client, "ip route add default via 192.168.77.1 dev wlan0 metric \(metric)")
            try await lab.serve("tcp", "8080-8081")
            for (port, interface) in [(8080, "eth0"), (8081, "wlan0")] {
                let mapped = try await lab.natctl(
                    "map tcp \(port) --interface \(interface) --via \(technique) --json")
                #expect(mapped.status == 0, "\(mapped.errors)")
                // The other interface's route leads to the same router.
                #expect(try mapped.codes == [], "\(interface)")
            }
            #expect(try await lab.reach("tcp", "8080-8081") == ["tcp 8080", "tcp 8081"])
            let listed = try await lab.natctl("list --json")
            #expect(try listed.document.mappings?.map(\.internalPort).sorted() == [8080, 8081])
            #expect(
                try listed.document.mappings?.map(\.internalAddress).sorted()
                    == ["192.168.77.10", "192.168.77.20"])
            #expect(try listed.codes == [])

            let unmapped = try await lab.natctl("unmap --all --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(try unmapped.document.mappings?.count == 2)
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("moves a mapping from one way to the other without a long wait")
    func moves() async throws {
        try await Lab.run(.secondInterface) { lab in
            try await lab.on(.client, "ip route add default via 192.168.77.1 dev wlan0 metric 200")
            #expect(
                try await lab.natctl("map tcp 8080 --json").document.mappings?.first?
                    .internalAddress == "192.168.77.10")
            try await lab.on(
                .client, "ip route replace default via 192.168.77.1 dev wlan0 metric 50")
            let moved = try await lab.natctl("map tcp 8080 --json")
            #expect(moved.status == 0, "\(moved.errors)")
            #expect(moved.isPrompt, "\(moved.seconds) s")
            #expect(try moved.document.mappings?.map(\.internalAddress) == ["192.168.77.20"])
            #expect(try moved.document.mappings?.map(\.externalPort) == [8080])
            #expect(try await lab.ruleCount() == 1)
        }
    }
}
