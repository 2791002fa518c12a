import Testing

@testable import NATTraversal

@Suite("When a mapping is renewed") struct RenewalScheduleTests {
    private let granted = ContinuousClock.now

    /// Seconds since the grant, to the millisecond.
    private func seconds(_ instant: ContinuousClock.Instant) -> Double {
        (granted.duration(to: instant) / .milliseconds(1)).rounded() / 1000
    }

    @Test(
        "follows the windows of RFC 6887, section 11.2.1",
        arguments: [
            (1, 1800.0, 2250.0), (2, 2700, 2925), (3, 3150, 3262.5), (4, 3375, 3431.25),
        ])
    func windows(number: Int, first: Double, last: Double) {
        let schedule = RenewalSchedule(.seconds(3600), grantedAt: granted)
        #expect(seconds(schedule.attempt(number, fraction: 0).time) == first)
        #expect(seconds(schedule.attempt(number, fraction: 1).time) == last)
        #expect(seconds(schedule.attempt(number, fraction: 0.5).earliest) == first)
        #expect(!schedule.attempt(number, fraction: 0).isPersistent)
    }

    @Test("keeps four seconds between two askings, and goes on asking when no more fits in")
    func gap() {
        let schedule = RenewalSchedule(.seconds(120), grantedAt: granted)
        var last: ContinuousClock.Instant?
        for number in 1...5 {
            let attempt = schedule.attempt(number, after: last, fraction: 1)
            if let last { #expect(last.duration(to: attempt.time) >= .seconds(4)) }
            #expect(attempt.isPersistent == (number == 5))
            #expect(attempt.time <= schedule.expiry)
            last = attempt.time
        }
    }

    @Test(
        "always ends with an asking that is sent until it is answered",
        arguments: [8, 16, 64, 120, 600, 7200], [0, 0.25, 0.5, 0.75, 1])
    func lastIsPersistent(lifetime: Int, fraction: Double) {
        let schedule = RenewalSchedule(.seconds(lifetime), grantedAt: granted)
        var attempt = schedule.attempt(1, fraction: fraction)
        for number in 2...20 where !attempt.isPersistent {
            attempt = schedule.attempt(number, after: attempt.time, fraction: fraction)
        }
        #expect(attempt.isPersistent)
        #expect(attempt.time <= schedule.expiry - .seconds(1))
    }

    @Test(
        "takes no lifetime that would make timers spin or sleep for years (T-12)",
        arguments: [(0, 8), (1, 8), (120, 120), (86400, 86400), (4_294_967_295, 86400)])
    func clamps(lifetime: Int, taken: Double) {
        let schedule = RenewalSchedule(.seconds(lifetime), grantedAt: granted)
        #expect(seconds(schedule.expiry) == taken)
        for number in [-1, 0, 1, 63, 64, .max] {
            #expect(schedule.attempt(number, fraction: 1).time < schedule.expiry)
        }
    }
}
