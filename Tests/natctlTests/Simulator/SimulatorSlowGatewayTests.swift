import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("A gateway whose answers come late or twice, on the simulator")
struct SimulatorSlowGatewayTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout GatewayFaults) -> Void
    }

    static let cases = [
        Case(testDescription: "twice") { $0.duplicates = 1 },
        Case(testDescription: "late, so that each request is sent twice") {
            $0.delay = .milliseconds(300)
        },
    ]

    @Test(
        "is asked and waited for by one thread alone", arguments: ["external-ip", "map tcp 8080"])
    func isAskedByOneThread(command: String) async throws {
        try await ToolBehindGateway.run { tool in
            tool.gateway.faults.delay = .seconds(1)
            let outcome = try await tool.running("\(command) --via nat-pmp") { natctl in
                try await condition { tool.gateway.log.count > 0 }
                #expect(natctl.threadCount == 1)
            }
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
    }

    @Test("is no silent one as long as it answers one of many ports after the other")
    func mapsManyByOneTechnique() async throws {
        try await ToolBehindGateway.run({
            $0.faults.processingTime = .milliseconds(10)
        }) { tool in
            let outcome = try await tool.natctl("map tcp 9000-9099 --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                try outcome.document.mappings?.map(\.technique)
                    == Array(repeating: "pcp", count: 100))
            #expect(tool.forwarded.count == 100)
        }
    }

    @Test("and that speaks NAT-PMP alone, maps by it and tells its address", arguments: cases)
    func mapsByNATPMP(example: Case) async throws {
        try await ToolBehindGateway.run({
            $0.techniques = [.natPMP]
            example.change(&$0.faults)
        }) { tool in
            let outcome = try await tool.natctl("map udp 8080 --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let mapping = try #require(try outcome.document.mappings?.first)
            #expect(mapping.technique == "nat-pmp")
            #expect(mapping.externalAddress != nil)
            #expect(tool.forwarded.count == 1)
            #expect(try await tool.natctl("unmap udp 8080").status == 0)
            #expect(tool.forwarded.isEmpty)
        }
    }
}
