import GatewaySimulator
import TestSupport
import Testing

@testable import NATTraversal

@Suite("A thousand held mappings") struct HoldSpreadTests {
    @Test(
        "are renewed a few at a time, over the whole of their window", arguments: [7200.0, 120.0])
    func spread(lifetime: Double) {
        let start = ContinuousClock.now
        let generator = Locked(SeededGenerator(seed: 7))
        var plan = HoldPlan(count: 1000, lookInterval: .seconds(1_000_000), at: start) { range in
            generator.withLock { Double.random(in: range, using: &$0) }
        }
        _ = plan.next(at: start)
        for index in 0..<1000 {
            plan.granted(index, for: .seconds(lifetime), by: .test("192.0.2.1"), .none, at: start)
        }
        var sizes: [Int] = []
        while plan.wake <= start + .seconds(lifetime * 5 / 8) {
            let now = plan.wake
            #expect(now >= start + .seconds(lifetime / 2))
            while let action = plan.next(at: now) {
                sizes.append(action.asked.count)
                for index in action.asked {
                    plan.granted(
                        index, for: .seconds(lifetime), by: .test("192.0.2.1"), .none, at: now)
                }
            }
        }
        #expect(sizes.reduce(0, +) == 1000)
        #expect(sizes.allSatisfy { $0 < 120 })
        #expect((10...120).contains(sizes.count))
    }
}
