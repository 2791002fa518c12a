import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("natctl unmap on the simulator") struct SimulatorUnmapTests {
    @Test("deletes what another process mapped, by its technique", arguments: ["pcp", "nat-pmp"])
    func deletes(via: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map both 8080 8081 --via \(via)")
            let outcome = try await tool.natctl("unmap tcp 8080 --json")
            #expect(outcome.status == 0)
            #expect(try outcome.document.mappings?.map(\.internalPort) == [8080])
            #expect(tool.gateway.mappings.count == 3)
            #expect(try await tool.natctl("unmap udp --external-port 8081").status == 0)
            #expect(tool.gateway.mappings.count == 2)
            #expect(try await tool.natctl("unmap --all tcp").status == 0)
            #expect(tool.forwarded == ["udp 8080 8080 \(via)"])
            #expect(try await tool.natctl("unmap --all").status == 0)
            #expect(tool.forwarded == [])
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test(
        "without a lease nobody is asked, and that is said",
        arguments: ["tcp 8080", "--all", "both 1-100"])
    func asksNobody(arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("unmap \(arguments)")
            #expect(outcome.status == 0)
            #expect(outcome.output == "")
            #expect(outcome.errors == "natctl: there was nothing to unmap\n")
            #expect(tool.gateway.log.count == 0)
        }
    }

    @Test("without a lease --via nat-pmp deletes this host's port, and no other")
    func deletesByNATPMP() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080-8081 --via nat-pmp")
            try FileManager.default.removeItem(at: tool.state.url.appending(path: "leases.json"))
            #expect(try await tool.natctl("unmap tcp 8080 --via nat-pmp").status == 0)
            #expect(tool.forwarded == ["tcp 8081 8081 nat-pmp"])
        }
    }

    @Test("ports with and without leases are asked for at once, so that they have one time limit")
    func asksAtOnce() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 --via nat-pmp")
            let start = tool.gateway.log.entries.count
            tool.gateway.faults.silence = .all
            let outcome = try await tool.natctl(
                "unmap tcp 8080 8081 --via nat-pmp --timeout 2s --json")
            #expect(outcome.status == 75)
            #expect(try outcome.document.failures?.map(\.internalPort) == [8080, 8081])
            // Bytes 4 and 5 are the internal port (RFC 6886, section 3.3).
            let ports = tool.gateway.log.entries.dropFirst(start).map {
                $0.bytes.dropFirst(4).prefix(2).reduce(0) { $0 << 8 | Int($1) }
            }
            #expect(Set(ports.prefix(2)) == [8080, 8081])
        }
    }

    @Test("what cannot be deleted stays in the lease file, and is said")
    func keepsLease() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            tool.gateway.faults.refusals[.pcpDelete] = 2
            let outcome = try await tool.natctl("unmap tcp 8080 --json")
            #expect(outcome.status == 77)
            #expect(try outcome.document.failures?.map(\.internalPort) == [8080])
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
            tool.gateway.faults.refusals = [:]
            #expect(try await tool.natctl("unmap tcp 8080").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test("a grant that was unwanted and cannot be deleted stays in the lease file too")
    func keepsUnwantedLease() async throws {
        var faults = GatewayFaults()
        faults.grantedPort = .another
        faults.refusals[.natpmpDelete] = 2
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --exact --via nat-pmp")
            #expect(outcome.status == 73)
            #expect(tool.gateway.mappings.count == 1)
            tool.gateway.faults.refusals = [:]
            #expect(try await tool.natctl("unmap tcp 8080").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test(
        "a lease file that cannot be read is no success",
        arguments: ["unmap tcp 8080", "unmap --all"])
    func needsLeases(command: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            let file = tool.state.url.appending(path: "leases.json")
            try "damaged".write(to: file, atomically: true, encoding: .utf8)
            #expect(try await tool.natctl(command).status == 74)
            #expect(tool.gateway.mappings.count == 1)
        }
    }

    @Test("leases of a gateway that is not asked stay, with a warning")
    func leavesOthers() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            let outcome = try await tool.natctl("unmap --all --gateway 127.0.0.1:9 --json")
            #expect(outcome.status == 0)
            #expect(try outcome.document.warnings?.map(\.code) == ["leaseElsewhere"])
            #expect(tool.gateway.mappings.count == 1)
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
        }
    }
}
