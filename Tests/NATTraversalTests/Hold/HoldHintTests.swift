import TestSupport
import Testing

@testable import NATTraversal

@Suite("A hint that the gateway has restarted") struct HoldHintTests {
    @Test("a thousand times in a second is one question, within four seconds (T-8)")
    func flood() {
        var time = PlannedTime.held(1)
        for _ in 0..<1000 {
            time.plan.hinted(at: time.now)
            time.now += .milliseconds(1)
        }
        time.pass(.seconds(3))
        #expect(time.steps.map(\.action) == [.renew([0], .untilAnswered)])
        #expect(time.steps.allSatisfy { $0.seconds <= 4 })
        time.pass(.seconds(600))
        #expect(time.steps.isEmpty)
    }

    @Test("is asked about within four seconds though others go on coming")
    func stream() {
        var time = PlannedTime.held(1, fraction: 0.9)
        var asked: [Double] = []
        for _ in 0..<60 {
            time.plan.hinted(at: time.now)
            time.pass(.milliseconds(100))
            asked += time.steps.map(\.seconds)
        }
        #expect(asked.count == 1)
        #expect(asked.allSatisfy { $0 <= 4 })
    }

    @Test("soon after another one is asked about when half a minute is over")
    func quietTime() {
        var time = PlannedTime.held(1)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(10))
        #expect(time.steps.count == 1)
        let asked = time.steps[0].seconds
        time.plan.hinted(at: time.now)
        time.pass(.seconds(21))
        #expect(time.steps.isEmpty)
        time.pass(.seconds(2))
        #expect(time.steps.map(\.seconds) == [asked + 30])
    }

    @Test("is answered with the mapping that ends first")
    func endingFirst() {
        var time = PlannedTime(count: 2)
        time.pass(.zero) { _, _ in .failure(.silence) }
        time.plan.granted(0, for: .seconds(7200), by: .test("192.0.2.1"), .none, at: time.now)
        time.plan.granted(1, for: .seconds(600), by: .test("192.0.2.1"), .none, at: time.now)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(4))
        #expect(time.steps.first?.action == .renew([1], .untilAnswered))
    }

    @Test("that is true makes everything again at once")
    func loss() {
        var time = PlannedTime.held(3)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(4)) { _, action in .grant(action.isRenewal ? .loss : .none) }
        #expect(time.steps.map(\.action) == [.renew([0], .untilAnswered), .map([1, 2])])
        #expect(time.steps[0].seconds == time.steps[1].seconds)
    }

    @Test("that shows no loss renews the others over a minute, once in five")
    func round() {
        var time = PlannedTime.held(3)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(100))
        #expect(time.steps.map(\.action.asked) == [[0], [1, 2]])
        #expect(time.steps[1].seconds - time.steps[0].seconds == 30)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(100))
        #expect(time.steps.map(\.action.asked) == [[0]])
        time.pass(.seconds(300))
        time.plan.hinted(at: time.now)
        time.pass(.seconds(100))
        #expect(time.steps.count == 2)
    }

    @Test("that nobody answers leaves the schedule as it was")
    func silence() {
        var time = PlannedTime.held(1)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(4)) { _, _ in .failure(.silence) }
        #expect(time.steps.count == 1)
        time.pass(.seconds(4000)) { _, _ in .failure(.silence) }
        // Drawn from the first window, 3600 s to 4500 s: the silence has not moved it to the second.
        #expect(time.steps.isEmpty)
        time.pass(.seconds(500))
        #expect(time.steps.first?.action == .renew([0], .once))
        #expect(time.losses.isEmpty)
    }

    @Test("asks at once for what is not there")
    func absent() {
        var time = PlannedTime(count: 1)
        time.pass(.seconds(1000)) { _, _ in .failure(.silence) }
        time.plan.hinted(at: time.now)
        time.pass(.seconds(4))
        #expect(time.steps.map(\.action) == [.map([0])])
    }

    @Test("is a question to each gateway, for it is not known which one it means")
    func severalGateways() {
        var time = PlannedTime.held(3)
        time.plan.granted(1, for: .seconds(7200), by: .test("192.0.2.2"), .none, at: time.now)
        time.plan.granted(2, for: .seconds(600), by: .test("192.0.2.2"), .none, at: time.now)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(4))
        #expect(time.steps.map(\.action) == [.renew([0, 2], .untilAnswered)])
    }
}
