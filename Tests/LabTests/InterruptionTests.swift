import Foundation
import TestSupport
import Testing

@Suite("A signal", .needsLab, .timeLimit(.minutes(30))) struct InterruptionTests {
    @Test(
        "in the middle of mapping ends natctl with its number and leaves no mapping",
        arguments: [SIGINT, SIGTERM])
    func whileMapping(signal: Int32) async throws {
        // NAT-PMP asks one port at a time, so fifty of them take two seconds over this wire.
        try await Lab.run(.roundTrip(40)) { lab in
            let map = "map tcp 20000-20049 --via nat-pmp"
            let process = try await lab.start("\(Lab.natctl.path) \(map)")
            try await lab.wait(for: "the first mapping") { try await lab.ruleCount() ?? 0 > 0 }
            try await lab.signal(signal, to: process)
            #expect(try await lab.finish(process).status == 128 + signal)
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("list --leases --json").document.mappings?.isEmpty == true)
        }
    }

    @Test("while a gateway is silent ends natctl at once")
    func whileWaiting() async throws {
        try await Lab.run(.silentGateway) { lab in
            let process = try await lab.start(
                "\(Lab.natctl.path) map tcp 8080 --via pcp --timeout 30s")
            try await lab.waitUntilGatewayIsAsked()
            let asked = ContinuousClock.now
            try await lab.signal(SIGINT, to: process)
            #expect(try await lab.finish(process).status == 130)
            #expect(.now < asked + .seconds(10))
        }
    }
}
