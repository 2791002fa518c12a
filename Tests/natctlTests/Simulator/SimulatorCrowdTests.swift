import Foundation
import TestSupport
import Testing

@Suite("upnp-scan in a crowd") struct SimulatorCrowdTests {
    /// What Scripts/crowd.py tells of a scan.
    private struct Figures: Decodable {
        var devices: Int
        var kilobytes: Int
    }

    // T-4
    @Test("lists five hundred devices in little memory")
    func fiveHundred() async throws {
        try await Judge.need(["python3", "ip"])
        let crowd = ProjectFiles.root.appendingPathComponent("Scripts/crowd.py")
        let scan = try await Turnstile.processes.pass {
            try await BuiltTool.run(
                Judge.tool("alone"), [crowd.path, ProjectFiles.natctl.path, "500"])
        }
        let figures = try JSONDecoder().decode(Figures.self, from: Data(scan.output.utf8))
        #expect(figures.devices == 500)
        #expect(figures.kilobytes < 64 * 1024)
    }
}
