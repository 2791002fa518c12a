import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("natctl-json(5)") struct SimulatorManualTests {
    /// The lines of the page that a shell runs.
    static let lines = Result {
        try ProjectFiles.text("Man/natctl-json.5").split(separator: "\n").map(String.init)
            .filter { $0.contains("jq ") && !$0.hasPrefix(".") }
    }

    @Test("shows lines that print something, for each kind of document")
    func linesWork() async throws {
        let lines = try Self.lines.get()
        for kind in [
            "external-ip", "map", "unmap", "list", "list-interfaces", "gateway", "upnp-scan",
            "upnp-call", "watch",
        ] {
            #expect(lines.contains { $0.contains("natctl \(kind) ") }, "\(kind)")
        }
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .natPMP, .upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            for line in lines {
                let isOfUPnP = line.contains("natctl upnp-")
                let outcome = try await tool.shell(
                    line,
                    environment: isOfUPnP
                        ? ["NATCTL_LOCATION": location, "NATCTL_GATEWAY": ""] : [:])
                let said = outcome.lines + outcome.errors.split(separator: "\n").map(String.init)
                #expect(outcome.status == 0, "\(line): \(outcome.errors)")
                #expect(!said.isEmpty && !said.contains("null"), "\(line): \(said)")
            }
        }
    }
}
