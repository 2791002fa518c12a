import GatewaySimulator
import Testing

@testable import NATTraversal

@Suite("Held mappings whose gateway is unwilling", .timeLimit(.minutes(10)))
struct SimulatorHoldLossTests {
    @Test("are asked for again at once though the first answer after a restart is a refusal")
    func restartsUnwilling() async throws {
        try await HoldBehindGateway.run([8080, 8081], .pcp) { held, gateway in
            var events = await held.events().makeAsyncIterator()
            await gateway.restart()
            // What a gateway says until its own link is there: for half an hour.
            gateway.faults.errorLifetimeSeconds = 1800
            gateway.faults.refusals = [.pcpMap: 7]
            let asked = gateway.log.count(.pcpMap)
            held.refresh()
            try await condition { gateway.log.count(.pcpMap) >= asked + 2 }
            gateway.faults.refusals = [:]
            while let change = await events.nextChange() {
                if case .gatewayRestarted = change { break }
            }
            try await condition { gateway.mappings.count == 2 }
        }
    }

    @Test("are deleted in the end though they were told as lost")
    func lostButThere() async throws {
        try await HoldBehindGateway.run([8080, 8081], .pcp) { held, gateway in
            gateway.faults.refusals = [.pcpMap: 2]
            // The epoch falls, and the table is whole.
            gateway.changeReportedAddress(to: IPv4Address(rawValue: 0x0B16_2109))
            held.refresh()
            try await condition { await held.mappings.isEmpty }
            #expect(gateway.mappings.count == 2)
            let report = await held.stop()
            #expect(report.failures.isEmpty)
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("are not asked for before its time when a refusal comes twice")
    func refusedTwice() async throws {
        try await HoldBehindGateway.run([8080], .pcp) { held, gateway in
            gateway.faults.refusals = [.pcpMap: 9]
            gateway.faults.errorLifetimeSeconds = 1800
            gateway.faults.duplicates = 1
            let asked = gateway.log.count(.pcpMap)
            held.refresh()
            try await condition { gateway.log.count(.pcpMap) > asked }
            // Longer than the shortest time between two askings, so that a second would show.
            try await Task.sleep(for: RenewalSchedule.shortestGap + .seconds(1))
            #expect(gateway.log.count(.pcpMap) == asked + 1)
        }
    }
}
