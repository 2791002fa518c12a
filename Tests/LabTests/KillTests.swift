import Foundation
import TestSupport
import Testing

@Suite("natctl, killed at a random instant,", .needsLab, .timeLimit(.minutes(30)))
struct KillTests {
    /// A sample of what `make kills` does at hundreds of instants.
    @Test(
        "leaves a whole lease file, no row without a lease, and one row for the next map",
        arguments: ["pcp", "nat-pmp", "upnp", "file", "crowd"])
    func sample(part: String) async throws {
        try await Lab.run(.roundTrip(30)) { lab in
            let kills = try await lab.on(.client, "kills.py \(Lab.natctl.path) 2 \(part)")
            #expect(kills.status == 0, "\(kills.output)\(kills.errors)")
            #expect(kills.lines.last?.hasPrefix("0 complaints") == true, "\(kills.errors)")
        }
    }
}
