import TestSupport
import Testing

@testable import NATTraversal

@Suite("A plan for held mappings") struct HoldPlanTests {
    @Test("asks for everything at first, and for nothing again until half the lifetime is over")
    func first() {
        var time = PlannedTime(count: 3)
        time.pass(.seconds(3599))
        #expect(time.steps.map(\.action) == [.map([0, 1, 2])])
        time.pass(.seconds(901))
        #expect(time.steps.map(\.action) == [.renew([0, 1, 2], .once)])
    }

    @Test("asks again and again while nothing is answered, and loses no mapping before its end")
    func silence() {
        var time = PlannedTime.held(1, lifetime: .seconds(120))
        time.pass(.seconds(119)) { _, _ in .failure(.silence) }
        #expect(time.losses.isEmpty)
        let times = time.steps.map(\.seconds)
        #expect(times.count == 5)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 4 })
        #expect(time.steps.last?.action == .renew([0], .untilAnswered))
        // At the end whoever can is asked, and when that is in vain it is lost, once.
        time.pass(.seconds(30)) { _, _ in .failure(.silence) }
        #expect(time.steps.first?.action == .map([0]))
        #expect(time.losses == [0])
        #expect(time.steps.allSatisfy { $0.action.isMap })
        time.pass(.seconds(300))
        #expect(time.steps.first?.action == .map([0]))
        #expect(time.losses.isEmpty)
    }

    @Test("asks at once after a sleep beyond the end of a mapping, and has not lost it yet")
    func asleep() {
        var time = PlannedTime.held(1)
        time.now += .seconds(100_000)
        time.pass(.zero)
        #expect(time.steps.map(\.action.asked) == [[0]])
        #expect(time.losses.isEmpty)
    }

    @Test("asks after a no when the gateway says, and never sooner than after 30 s")
    func refusal() {
        var time = PlannedTime.held(1)
        time.pass(.seconds(4500)) { _, _ in .failure(.refusal(for: .seconds(600))) }
        #expect(time.steps.count == 1 + Int(4500 - 4050) / 600)
        time.pass(.seconds(2695)) { _, _ in .failure(.refusal(for: nil)) }
        #expect(time.losses.isEmpty)
        #expect(time.steps.count > 3)
        let times = time.steps.map(\.seconds)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 >= 27 })
        time.pass(.seconds(10)) { _, _ in .failure(.refusal(for: nil)) }
        #expect(time.losses == [0])
        // It relents.
        time.pass(.seconds(600))
        #expect(time.steps.map(\.action) == [.map([0])])
    }

    @Test("asks anyone where the gateway has nobody to ask any more, more and more rarely")
    func absence() {
        var time = PlannedTime.held(1)
        time.pass(.seconds(7000)) { _, _ in .failure(.absence) }
        #expect(time.steps.first?.action == .renew([0], .once))
        #expect(time.steps.dropFirst().allSatisfy { $0.action == .map([0]) })
        #expect((10...25).contains(time.steps.count))
        #expect(time.losses.isEmpty)
    }

    @Test("makes everything again within four seconds after an answer that shows a loss")
    func loss() {
        var time = PlannedTime.held(3, fraction: 0.9)
        // The first renewal alone is answered with the new epoch.
        time.plan.hinted(at: time.now)
        time.pass(.seconds(3)) { _, _ in .failure(.silence) }
        var isFirst = true
        time.pass(.seconds(7000)) { _, _ in
            defer { isFirst = false }
            return .grant(isFirst ? .loss : .none)
        }
        let renewal = time.steps[0].seconds
        let again = time.steps.first { $0.action.isMap }
        #expect(again.map { $0.seconds - renewal <= 4 } == true)
        #expect(again?.action.asked.isEmpty == false)
    }

    @Test("loses at once what a gateway that has lost its table does not grant again")
    func lossWithoutGrant() {
        var time = PlannedTime.held(2)
        time.plan.hinted(at: time.now)
        time.pass(.seconds(10)) { index, action in
            action.isRenewal ? .grant(.loss) : .failure(.refusal(for: nil))
        }
        #expect(time.losses == [1])
    }

    @Test("doubts nothing that was granted by the same answer to a loss")
    func lossOfAll() {
        var time = PlannedTime.held(3)
        time.plan.refreshed(at: time.now)
        time.pass(.seconds(60)) { _, _ in .grant(.loss) }
        #expect(time.steps.map(\.action) == [.renew([0, 1, 2], .untilAnswered)])
    }

    @Test(
        "asks once for the others when something has moved or gone, not each time",
        arguments: [HoldPlan.Evidence.move, .absence])
    func moves(evidence: HoldPlan.Evidence) {
        var time = PlannedTime.held(3)
        time.plan.updated(0, at: time.now)
        time.pass(.seconds(200)) { _, _ in .grant(evidence) }
        #expect(time.steps.map(\.action.asked) == [[0], [1, 2]])
    }

    @Test("doubts everything when a gateway has lost its table and grants nothing")
    func lostTable() {
        var time = PlannedTime.held(2)
        #expect(time.plan.failed(0, .refusal(for: .seconds(1800)), at: time.now) != .lost)
        time.plan.lostTable(of: .test("192.0.2.1"), at: time.now)
        time.pass(.seconds(4))
        #expect(time.steps.map(\.action) == [.map([0, 1])])
    }

    @Test("tells a permanent mapping from a lasting one: it is never renewed")
    func permanent() {
        var time = PlannedTime.held(1, lifetime: nil)
        time.pass(.seconds(900_000))
        #expect(time.steps.isEmpty)
    }

    @Test("looks around at its interval, at every mapping where they are not too many")
    func looksAround() {
        var time = PlannedTime(count: 20, lookInterval: .seconds(300))
        time.pass(.seconds(301))
        #expect(time.steps.last?.action == .lookAround(Array(0..<20)))
    }

    @Test("looks at many mappings of a gateway in turn, those first that were not seen for longest")
    func looksInTurn() {
        let count = HoldPlan.lookLimit + 10
        var time = PlannedTime(count: count, lookInterval: .seconds(300))
        time.pass(.seconds(301))
        guard case .lookAround(let first)? = time.steps.last?.action else {
            Issue.record("it does not look")
            return
        }
        #expect(first.count == HoldPlan.lookLimit)
        first.forEach { time.plan.seen($0, at: time.now) }
        time.pass(.seconds(300))
        guard case .lookAround(let second)? = time.steps.last?.action else {
            Issue.record("it does not look again")
            return
        }
        #expect(Set(first + second).count == count)
    }

    @Test("makes a mapping again that the table lacks, and asks for the others soon")
    func missing() {
        var time = PlannedTime.held(3)
        time.plan.missing(1, at: time.now)
        time.pass(.seconds(4))
        #expect(time.steps.map(\.action) == [.map([1]), .renew([0, 2], .untilAnswered)])
    }

    @Test("asks nobody without a path to a gateway, and loses mappings at their end")
    func noPath() {
        var time = PlannedTime.held(1)
        time.plan.pathIsGone()
        time.pass(.seconds(7199))
        #expect(time.steps.isEmpty)
        #expect(time.losses.isEmpty)
        time.pass(.seconds(2))
        #expect(time.losses == [0])
        time.pass(.seconds(1000))
        #expect(time.steps.isEmpty)
        time.plan.pathIsBack(isSame: true, at: time.now)
        time.pass(.zero)
        #expect(time.steps.map(\.action) == [.map([0])])
    }

    @Test("renews on the same path at once, and maps on another one")
    func pathIsBack() {
        var time = PlannedTime.held(2)
        time.plan.pathIsGone()
        time.pass(.seconds(10))
        time.plan.pathIsBack(isSame: true, at: time.now)
        time.pass(.zero)
        #expect(time.steps.map(\.action) == [.renew([0, 1], .untilAnswered)])
        time.plan.pathIsBack(isSame: false, at: time.now)
        time.pass(.zero) { index, _ in index == 0 ? .grant() : .failure(.silence) }
        #expect(time.steps.map(\.action) == [.map([0, 1])])
        #expect(time.losses == [1])
    }

    @Test("asks for what the gateway says has changed, and again no sooner than in four seconds")
    func updated() {
        var time = PlannedTime.held(1)
        time.pass(.seconds(10))
        for _ in 0..<3 {
            time.plan.updated(0, at: time.now)
            time.pass(.milliseconds(250))
        }
        #expect(time.steps.isEmpty)
        time.pass(.seconds(10))
        #expect(time.steps.map(\.seconds) == [14])
    }

    @Test("renews everything when told to")
    func refresh() {
        var time = PlannedTime.held(2)
        time.plan.refreshed(at: time.now)
        time.pass(.zero)
        #expect(time.steps.map(\.action) == [.renew([0, 1], .untilAnswered)])
    }
}
