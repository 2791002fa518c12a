import Foundation
import GatewaySimulator
import Testing
import TestSupport

@Suite("natctl interrupted on the simulator") struct SimulatorInterruptionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var signal: Int32
        var arguments = "map tcp 8080-8089"
        var change: @Sendable (inout GatewayFaults) -> Void
    }

    static let cases = [
        Case(testDescription: "SIGINT, a silent gateway", signal: SIGINT) { $0.silence = .all },
        Case(testDescription: "SIGTERM, a slow gateway", signal: SIGTERM) {
            $0.delay = .seconds(2)
        },
        Case(
            testDescription: "SIGINT, by NAT-PMP, one port after the other", signal: SIGINT,
            arguments: "map tcp 8080-8089 --via nat-pmp"
        ) { $0.delay = .seconds(2) },
        Case(testDescription: "SIGTERM, a gateway deaf to PCP", signal: SIGTERM) {
            $0.silence = .pcp
            $0.delay = .seconds(2)
        },
        Case(
            testDescription: "SIGTERM while asking for the address", signal: SIGTERM,
            arguments: "external-ip --via pcp"
        ) { $0.delay = .seconds(2) },
    ]

    @Test("ends with 128 and the signal, and leaves nothing mapped", arguments: cases)
    func endsCleanly(example: Case) async throws {
        var faults = GatewayFaults()
        example.change(&faults)
        try await ToolBehindGateway.run(faults) { tool in
            let file = tool.state.url.appending(path: "process")
            async let ending = tool.shell("echo $$ >\(file.path); exec natctl \(example.arguments)")
            try await condition { tool.gateway.log.count > 0 }
            let process = try #require(
                pid_t(String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)))
            #expect(kill(process, example.signal) == 0)
            let outcome = try await ending
            #expect(outcome.status == 128 + example.signal, "\(outcome.errors)")
            // A late answer's mapping is deleted by what natctl has sent before it ended.
            try await condition { tool.forwarded.isEmpty }
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("keeps what an interrupted renewal had before")
    func keepsRenewed() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            tool.gateway.faults.silence = .all
            let before = tool.gateway.log.count
            let file = tool.state.url.appending(path: "process")
            async let ending = tool.shell("echo $$ >\(file.path); exec natctl map tcp 8080")
            try await condition { tool.gateway.log.count > before }
            let process = try #require(
                pid_t(String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .newlines)))
            #expect(kill(process, SIGINT) == 0)
            #expect(try await ending.status == 130)
            #expect(tool.forwarded == ["tcp 8080 8080 pcp"])
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
        }
    }
}
