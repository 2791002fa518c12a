import Testing

@testable import NATTraversal

@Suite("Epochs") struct EpochRecordTests {
    struct Step: Sendable, CustomTestStringConvertible {
        var previous: UInt32 = 1000
        var elapsed: Int64
        var current: UInt32
        var isAccepted: Bool

        var testDescription: String { "\(previous), \(elapsed) s later \(current)" }
    }

    // RFC 6886, section 3.6: seven eighths of the time that passed, less 2 s.
    static let natpmp = [
        Step(elapsed: 80, current: 1070, isAccepted: true),
        Step(elapsed: 80, current: 1068, isAccepted: true),
        Step(elapsed: 80, current: 1067, isAccepted: false),
        Step(elapsed: 0, current: 998, isAccepted: true),
        Step(elapsed: 0, current: 997, isAccepted: false),
        Step(elapsed: 5, current: 0, isAccepted: false),
        Step(elapsed: 80, current: 5000, isAccepted: true),
        Step(previous: .max, elapsed: 0, current: .max, isAccepted: true),
        Step(previous: .max, elapsed: 10, current: 0, isAccepted: false),
    ]

    @Test("NAT-PMP's may fall behind by an eighth and 2 s, and run ahead (N-12)", arguments: natpmp)
    func acceptsNATPMP(step: Step) {
        var record = EpochRecord()
        let start = ContinuousClock.now
        _ = record.acceptsNATPMP(step.previous, in: start...start)
        let end = start + .seconds(step.elapsed)
        let isAccepted = record.acceptsNATPMP(step.current, in: end...end)
        #expect(isAccepted == step.isAccepted)
    }

    // RFC 6887, section 8.5: a sixteenth each way, plus 2 s, and back by 1 s at most.
    static let pcp = [
        Step(elapsed: 60, current: 1060, isAccepted: true),
        Step(elapsed: 60, current: 1055, isAccepted: true),
        Step(elapsed: 60, current: 1054, isAccepted: false),
        Step(elapsed: 60, current: 1066, isAccepted: true),
        Step(elapsed: 60, current: 1067, isAccepted: false),
        Step(elapsed: 0, current: 1002, isAccepted: true),
        Step(elapsed: 0, current: 1003, isAccepted: false),
        Step(elapsed: 0, current: 999, isAccepted: true),
        Step(elapsed: 1, current: 999, isAccepted: true),
        Step(elapsed: 2, current: 999, isAccepted: false),
        Step(elapsed: 0, current: 998, isAccepted: false),
        Step(elapsed: 5, current: 0, isAccepted: false),
        Step(elapsed: 100_000, current: 94748, isAccepted: true),
        Step(elapsed: 100_000, current: 94747, isAccepted: false),
        Step(previous: 0, elapsed: 0, current: .max, isAccepted: false),
    ]

    @Test("PCP's may differ by a sixteenth and 2 s either way (N-12)", arguments: pcp)
    func acceptsPCP(step: Step) {
        var record = EpochRecord()
        let start = ContinuousClock.now
        _ = record.acceptsPCP(step.previous, in: start...start)
        let end = start + .seconds(step.elapsed)
        let isAccepted = record.acceptsPCP(step.current, in: end...end)
        #expect(isAccepted == step.isAccepted)
    }

    /// The last exchange takes from 0 s to `firstEnd`, the present one from 60 s to `secondEnd`.
    struct SlowStep: Sendable, CustomTestStringConvertible {
        var firstEnd: Int64 = 0
        var secondEnd: Int64 = 60
        var current: UInt32
        var natpmp: Bool
        var pcp: Bool

        var testDescription: String { "0...\(firstEnd) s 1000, 60...\(secondEnd) s \(current)" }
    }

    static let slow = [
        // The gateway answered at once, and its response was late.
        SlowStep(secondEnd: 90, current: 1060, natpmp: true, pcp: true),
        // It answered late.
        SlowStep(secondEnd: 90, current: 1090, natpmp: true, pcp: true),
        SlowStep(firstEnd: 30, current: 1060, natpmp: true, pcp: true),
        SlowStep(firstEnd: 30, current: 1030, natpmp: true, pcp: true),
        // Nothing between request and response explains these.
        SlowStep(firstEnd: 30, current: 1026, natpmp: true, pcp: false),
        SlowStep(firstEnd: 30, current: 1023, natpmp: false, pcp: false),
        SlowStep(secondEnd: 90, current: 1049, natpmp: false, pcp: false),
        SlowStep(secondEnd: 90, current: 1110, natpmp: true, pcp: false),
        SlowStep(secondEnd: 90, current: 5, natpmp: false, pcp: false),
    ]

    @Test("a slow response is no restart (N-12)", arguments: slow)
    func allowsForSlowResponses(step: SlowStep) {
        let start = ContinuousClock.now
        let first = start...start + .seconds(step.firstEnd)
        let second = start + .seconds(60)...start + .seconds(step.secondEnd)
        var (natpmp, pcp) = (EpochRecord(), EpochRecord())
        _ = natpmp.acceptsNATPMP(1000, in: first)
        _ = pcp.acceptsPCP(1000, in: first)
        #expect(natpmp.acceptsNATPMP(step.current, in: second) == step.natpmp)
        #expect(pcp.acceptsPCP(step.current, in: second) == step.pcp)
    }

    @Test("the one that did not fit is what the next is compared with")
    func remembersTheLast() {
        var record = EpochRecord()
        let start = ContinuousClock.now
        let steps: [(UInt32, Int64)] = [(50000, 0), (0, 60), (60, 120)]
        let fits = steps.map { epoch, elapsed in
            let end = start + .seconds(elapsed)
            return record.acceptsPCP(epoch, in: end...end)
        }
        #expect(fits == [true, false, true])
    }

    @Test("the first one is only recorded (N-12)", arguments: [0, 1, .max])
    func takesTheFirst(epoch: UInt32) {
        var (pcp, natpmp) = (EpochRecord(), EpochRecord())
        let now = ContinuousClock.now
        let fits = [
            pcp.acceptsPCP(epoch, in: now...now), natpmp.acceptsNATPMP(epoch, in: now...now),
        ]
        #expect(fits == [true, true])
    }
}
