import Foundation
import TestSupport
import Testing

@testable import NATTraversal

/// Runs tests of this very program again, with more rights.
@Suite("In a network of its own", .timeLimit(.minutes(10))) struct SimulatorNamespaceTests {
    @Test(
        "changes are heard, and groups of both families",
        .enabled("network namespaces cannot be made here") {
            try await OwnNetwork.run("true").status == 0
        },
        arguments: ["NetworkChangesTests", "SimulatorMulticastTests", "SimulatorSignalsTests"])
    func again(suite: String) async throws {
        try #require(!OwnNetwork.isHere)
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let outcome = try await Turnstile.processes.pass {
            try await OwnNetwork.run(
                "exec \(program) --testing-library swift-testing --filter \(suite)")
        }
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    }
}
