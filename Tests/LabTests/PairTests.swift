import TestSupport
import Testing

@Suite("tcp and udp of one port on a real router", .needsLab, .timeLimit(.minutes(30)))
struct PairTests {
    @Test(
        "get a common external port when another host has the wanted one of udp (N-22)",
        arguments: ["pcp", "nat-pmp", "upnp"])
    func shareOnePort(via: String) async throws {
        try await Lab.run(.secondClient) { lab in
            let theirs = try await lab.on(.client2, "upnpc -a 192.168.77.11 9001 8080 udp")
            #expect(theirs.status == 0, "\(theirs.output)")
            for transport in ["tcp", "udp"] { try await lab.serve(transport, "8080") }

            // All or nothing.
            let exact = try await lab.natctl("map both 8080 --exact --via \(via)")
            #expect(exact.status != 0, "\(exact.output)")
            #expect(try await lab.ruleCount() == 1)

            let mapped = try await lab.natctl("map both 8080 --via \(via) --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            let ports = try #require(try mapped.document.mappings?.compactMap(\.externalPort))
            let port = try #require(ports.first)
            #expect(ports == [port, port] && port != 8080)
            #expect(try await lab.ruleCount() == 3)
            for transport in ["tcp", "udp"] {
                let heard = try await lab.reach(transport, "\(port)")
                let rules = try await lab.on(.router, "nft list ruleset").output
                #expect(heard == ["\(transport) 8080"], "\(rules)")
            }

            // A renewal leaves both where they are.
            let again = try await lab.natctl("map both 8080 -q")
            #expect(again.lines == ["\(port)", "\(port)"], "\(again.errors)")
            #expect(try await lab.natctl("unmap both 8080").status == 0)
            #expect(try await lab.ruleCount() == 1)
        }
    }
}
