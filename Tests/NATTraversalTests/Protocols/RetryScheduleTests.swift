import Testing

@testable import NATTraversal

@Suite("Retry schedule") struct RetryScheduleTests {
    @Test("sends at 0, 0.25, 0.75 and 1.75 s, then every 2 s")
    func sends() {
        var time = Duration.zero
        let sends = (1...8).map { count in
            defer { time += RetrySchedule.wait(afterSend: count) }
            return time
        }
        #expect(sends == [0, 0.25, 0.75, 1.75, 3.75, 5.75, 7.75, 9.75].map(Duration.seconds))
    }

    @Test("never overflows, however long it goes on", arguments: [0, 1_000_000, Int.max])
    func stays(count: Int) {
        #expect(RetrySchedule.wait(afterSend: count) <= .seconds(2))
    }
}
