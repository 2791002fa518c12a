import TestSupport

@testable import NATTraversal

/// A plan on a clock that jumps from one thing to do to the next, with a gateway that answers as the
/// test says.
struct PlannedTime {
    enum Answer {
        case grant(HoldPlan.Evidence = .none)
        case failure(HeldMappingState.Failure)
    }

    /// What was done, and when since the start.
    struct Step {
        var action: HoldPlan.Action
        var seconds: Double
    }

    var plan: HoldPlan
    private let start: ContinuousClock.Instant
    var now: ContinuousClock.Instant
    var lifetime: Duration? = .seconds(7200)
    private(set) var steps: [Step] = []
    private(set) var losses: [Int] = []

    /// Numbers are drawn at this fraction of their range.
    init(count: Int, lookInterval: Duration = .seconds(1_000_000), fraction: Double = 0.5) {
        start = .now
        now = start
        plan = HoldPlan(count: count, lookInterval: lookInterval, at: start) {
            $0.lowerBound + ($0.upperBound - $0.lowerBound) * fraction
        }
    }

    /// Seconds since the start.
    var seconds: Double { start.duration(to: now) / .seconds(1) }

    /// Lets so much time pass, and does all that is due in it; later steps begin an empty list.
    mutating func pass(
        _ duration: Duration, answer: (Int, HoldPlan.Action) -> Answer = { _, _ in .grant() }
    ) {
        steps = []
        losses = []
        let end = now + duration
        while true {
            while let action = plan.next(at: now) {
                steps.append(Step(action: action, seconds: seconds))
                let answers = action.asked.map { ($0, answer($0, action)) }
                let batch = answers.filter { if case .grant = $1 { true } else { false } }
                for (index, answer) in answers {
                    take(answer, of: index, with: Set(batch.map(\.0)))
                }
            }
            losses += plan.ended(at: now)
            guard plan.wake <= end else { break }
            now = max(now, plan.wake)
        }
        now = end
    }

    private mutating func take(_ answer: Answer, of index: Int, with batch: Set<Int>) {
        switch answer {
        case .grant(let evidence):
            plan.granted(
                index, for: lifetime, by: .test("192.0.2.1"), evidence, with: batch, at: now)
        case .failure(let failure):
            if plan.failed(index, failure, at: now) == .lost { losses.append(index) }
        }
    }

    /// All mappings there, and nothing else done yet.
    static func held(_ count: Int, lifetime: Duration? = .seconds(7200), fraction: Double = 0.5)
        -> PlannedTime
    {
        var time = PlannedTime(count: count, fraction: fraction)
        time.lifetime = lifetime
        time.pass(.zero)
        return time
    }
}

extension HoldPlan.Action {
    /// Who is asked for.
    var asked: [Int] {
        switch self {
        case .map(let indices), .renew(let indices, _): indices
        case .lookAround: []
        }
    }

    var isRenewal: Bool { if case .renew = self { true } else { false } }
    var isMap: Bool { if case .map = self { true } else { false } }
}
