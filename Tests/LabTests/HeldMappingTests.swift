import Foundation
import TestSupport
import Testing

@Suite("A mapping that stays, on a real router", .needsLab, .timeLimit(.minutes(5)))
struct HeldMappingTests {
    /// The page of a web server, asked for from outside.
    private func page(_ lab: Lab) async throws -> String {
        let outcome = try await lab.on(
            .wan, "curl --silent --max-time 2 http://11.22.33.1:8080/")
        return outcome.output
    }

    @Test("serves the Internet while COMMAND runs, also after the router has restarted")
    func servesWhileCommandRuns() async throws {
        try await Lab.run { lab in
            let process = try await lab.start(
                "\(Lab.natctl.path) map tcp 8080 -- python3 -m http.server 8080")
            try await lab.wait(for: "the page") {
                try await page(lab).contains("Directory listing")
            }
            try await lab.on(.router, "router-daemon restart")
            try await lab.wait(for: "the mapping after the restart") {
                try await lab.ruleCount() == 1
            }
            #expect(try await page(lab).contains("Directory listing"))
            try await lab.signal(SIGINT, to: process)
            let outcome = try await lab.finish(process)
            #expect(outcome.errors.contains(" mapped tcp 192.168.77.10:8080 <- "))
            #expect(outcome.errors.contains(" unmapped tcp 192.168.77.10:8080 <- "))
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("list --leases -q").lines == [])
        }
    }
}
