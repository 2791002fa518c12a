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
        _ = record.acceptsNATPMP(step.previous, at: start)
        let isAccepted = record.acceptsNATPMP(step.current, at: start + .seconds(step.elapsed))
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
        _ = record.acceptsPCP(step.previous, at: start)
        let isAccepted = record.acceptsPCP(step.current, at: start + .seconds(step.elapsed))
        #expect(isAccepted == step.isAccepted)
    }

    @Test("the one that did not fit is what the next is compared with")
    func remembersTheLast() {
        var record = EpochRecord()
        let start = ContinuousClock.now
        let fits = [(50000, 0), (0, 60), (60, 120)].map { epoch, elapsed in
            record.acceptsPCP(epoch, at: start + .seconds(elapsed))
        }
        #expect(fits == [true, false, true])
    }

    @Test("the first one is only recorded (N-12)", arguments: [0, 1, .max])
    func takesTheFirst(epoch: UInt32) {
        var (pcp, natpmp) = (EpochRecord(), EpochRecord())
        let fits = [pcp.acceptsPCP(epoch, at: .now), natpmp.acceptsNATPMP(epoch, at: .now)]
        #expect(fits == [true, true])
    }
}
