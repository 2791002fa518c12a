import Foundation
import TestSupport
import Testing

@Suite("upnp-scan in a crowd") struct SimulatorCrowdTests {
    /// What Scripts/crowd.py tells of a scan.
    private struct Figures: Decodable {
        var devices: Int
        var kilobytes: Int
    }

    // T-4. AddressSanitizer keeps what was freed.
    @Test(
        "lists five hundred devices in hardly more memory than one",
        .enabled(if: !Sanitizer.address.isUsed))
    func fiveHundred() async throws {
        try await Judge.need(["python3", "ip"])
        let one = try await scan(crowdOf: 1)
        let many = try await scan(crowdOf: 500)
        #expect(many.devices == 500)
        #expect(many.kilobytes < 2 * one.kilobytes, "\(many) \(one)")
    }

    private func scan(crowdOf count: Int) async throws -> Figures {
        let crowd = ProjectFiles.root.appendingPathComponent("Scripts/crowd.py")
        let scan = try await Turnstile.processes.pass {
            try await BuiltTool.run(
                Judge.tool("alone"), [crowd.path, ProjectFiles.natctl.path, "\(count)"])
        }
        return try JSONDecoder().decode(Figures.self, from: Data(scan.output.utf8))
    }
}
