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
