import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("External addresses of the simulator") struct SimulatorExternalAddressTests {
    struct Address: Sendable, CustomTestStringConvertible {
        var text: String
        var scope: String
        var warning: String

        var testDescription: String { text }

        init(_ text: String, _ scope: String, _ warning: String) {
            (self.text, self.scope, self.warning) = (text, scope, warning)
        }
    }

    // Every kind of address that nobody outside can reach (X-6, T-14).
    static let unreachable = [
        Address("192.168.1.3", "private", "doubleNAT"), Address("10.0.0.1", "private", "doubleNAT"),
        Address("100.64.0.1", "shared", "carrierNAT"),
        Address("203.0.113.5", "documentation", "reservedAddress"),
        Address("169.254.7.7", "link-local", "reservedAddress"),
        Address("127.0.0.1", "loopback", "misconfiguredGateway"),
    ]

    static let techniques = ["pcp", "nat-pmp"]

    /// Runs `body` behind a gateway that tells this address.
    static func run(
        _ address: String, body: (ToolBehindGateway) async throws -> Void
    ) async throws {
        let reported = try #require(IPv4Address(address))
        try await ToolBehindGateway.run({ $0.reportedAddress = reported }, body: body)
    }

    @Test("--all asks every technique at once: none waits for another's silence")
    func asksAtOnce() async throws {
        try await ToolBehindGateway.run { tool in
            tool.gateway.faults.silence = .all
            let outcome = try await tool.natctl("external-ip --all --timeout 2s")
            #expect(outcome.status == 75)
            // One after the other, all requests by one would come before any by the other.
            let versions = tool.gateway.log.entries.compactMap(\.bytes.first)
            for (first, second) in [(2, 0), (0, 2)] as [(UInt8, UInt8)] {
                let begins = try #require(versions.firstIndex(of: first))
                let ends = try #require(versions.lastIndex(of: second))
                #expect(begins < ends, "\(versions)")
            }
        }
    }

    @Test("are told with a warning", arguments: unreachable, techniques)
    func areTold(address: Address, via: String) async throws {
        try await Self.run(address.text) { tool in
            let outcome = try await tool.natctl("external-ip --via \(via) --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let document = try outcome.document
            #expect(document.address == address.text)
            #expect(document.scope == address.scope)
            #expect(document.warnings?.map(\.code) == [address.warning])
            let map = try await tool.natctl("map udp 8080 --via \(via) --json")
            #expect(map.status == 0)
            #expect(try map.document.warnings?.map(\.code) == [address.warning])
        }
    }

    @Test("fail with --require-public, and nothing is left", arguments: unreachable, techniques)
    func fail(address: Address, via: String) async throws {
        try await Self.run(address.text) { tool in
            for command in ["external-ip", "map tcp 8080"] {
                let outcome = try await tool.natctl(
                    "\(command) --require-public --via \(via) --json")
                #expect(outcome.status == 69, "\(command)")
                #expect(try outcome.document.error?.code == "unavailable")
            }
            #expect(tool.forwarded == [])
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("0.0.0.0 is none: external-ip fails, map warns (N-16)", arguments: techniques)
    func isNone(via: String) async throws {
        try await Self.run("0.0.0.0") { tool in
            let outcome = try await tool.natctl("external-ip --via \(via) --json")
            #expect(outcome.status == 69)
            let map = try await tool.natctl("map tcp 8080 --via \(via) --json")
            #expect(map.status == 0)
            #expect(try map.document.warnings?.map(\.code) == ["noExternalAddress"])
            #expect(try map.document.mappings?.map(\.externalAddress) == [nil])
        }
    }

    @Test("that disagree are a warning of external-ip --all and of gateway, and its diagnosis")
    func disagree() async throws {
        try await ToolBehindGateway.run({
            $0.techniques = [.natPMP, .upnp]
            $0.faults.upnp.externalAddress = "192.168.1.3"
        }) { tool in
            let location = ["NATCTL_LOCATION": try #require(tool.gateway.location)]
            let all = try await tool.shell("natctl external-ip --all --json", environment: location)
            let gateway = try await tool.shell("natctl gateway --json", environment: location)
            #expect(try gateway.document.gateways?.map(\.diagnosis) == ["disagreement"])
            let codes = try gateway.document.warnings?.map(\.code) ?? []
            #expect(Set(codes) == ["doubleNAT", "disagreement"])
            #expect(Set(try all.document.warnings?.map(\.code) ?? []) == Set(codes))
            let text = try await tool.shell("natctl gateway", environment: location)
            #expect(text.errors.contains("different external addresses were reported: "))
        }
    }

    @Test("external-ip leaves no mapping and no lease behind", arguments: techniques)
    func leavesNothing(via: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("external-ip --via \(via)")
            #expect(outcome.output == "11.22.33.1\n")
            #expect(outcome.errors == "")
            #expect(tool.forwarded == [])
            #expect(tool.gateway.log.count(.pcpDelete) == (via == "pcp" ? 1 : 0))
            #expect(throws: (any Error).self) { try tool.state.text("leases.json") }
        }
    }
}
