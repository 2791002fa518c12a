import Glibc
import Testing

@testable import natctl

@Suite("Signals to a command that stays") struct HoldSignalsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var hasCommand = false
        var phase = HoldSignals.Phase.holding
        /// The time between one signal and the next.
        var gap = Duration.milliseconds(1001)
        var signals: [ReceivedSignal]
        var actions: [HoldSignals.Action]
    }

    private static func sent(_ numbers: Int32...) -> [ReceivedSignal] {
        numbers.map { ReceivedSignal(number: $0) }
    }

    private static func key(_ numbers: Int32...) -> [ReceivedSignal] {
        numbers.map { ReceivedSignal(number: $0, isFromKernel: true) }
    }

    static let cases = [
        Case(
            testDescription: "the second ends at once", signals: sent(SIGTERM, SIGINT),
            actions: [.stop(SIGTERM), .leave(SIGINT)]),
        Case(
            testDescription: "a copy within a second is the same one, and a later one ends at once",
            gap: .milliseconds(600), signals: sent(SIGTERM, SIGTERM, SIGTERM, SIGTERM),
            actions: [.stop(SIGTERM), .nothing, .leave(SIGTERM), .nothing]),
        Case(
            testDescription: "so it is whichever signal the copy is", gap: .milliseconds(1),
            signals: key(SIGHUP) + sent(SIGTERM, SIGINT),
            actions: [.stop(SIGHUP), .nothing, .nothing]),
        Case(
            testDescription: "a copy during the clean-up is the same one", phase: .stopping,
            gap: .milliseconds(10), signals: sent(SIGTERM, SIGTERM), actions: [.nothing, .nothing]),
        Case(
            testDescription: "so does a key", signals: key(SIGINT, SIGINT),
            actions: [.stop(SIGINT), .leave(SIGINT)]),
        Case(
            testDescription: "SIGHUP refreshes, and asks for no end",
            signals: sent(SIGHUP, SIGHUP, SIGINT),
            actions: [.refresh, .refresh, .stop(SIGINT)]),
        Case(
            testDescription: "a terminal that is gone ends it", signals: key(SIGHUP),
            actions: [.stop(SIGHUP)]),
        Case(
            testDescription: "SIGPIPE is for the write to tell", signals: key(SIGPIPE),
            actions: [.nothing]),
        Case(
            testDescription: "at the start the first gives up", phase: .starting,
            signals: sent(SIGHUP, SIGINT, SIGTERM),
            actions: [.nothing, .stop(SIGINT), .leave(SIGTERM)]),
        Case(
            testDescription: "at the start a COMMAND has no use for a refresh", hasCommand: true,
            phase: .starting, signals: sent(SIGUSR1, SIGHUP), actions: [.nothing, .stop(SIGHUP)]),
        Case(
            testDescription: "COMMAND gets them all", hasCommand: true,
            signals: sent(SIGHUP, SIGUSR1, SIGUSR2, SIGQUIT, SIGTERM),
            actions: [
                .pass(SIGHUP), .pass(SIGUSR1), .pass(SIGUSR2), .pass(SIGQUIT), .pass(SIGTERM),
            ]),
        Case(
            testDescription: "the second ends at once with a COMMAND too, which gets it",
            hasCommand: true, signals: sent(SIGTERM, SIGINT),
            actions: [.pass(SIGTERM), .passAndLeave(SIGINT)]),
        Case(
            testDescription: "COMMAND gets a pair once, and the next pair ends at once",
            hasCommand: true, gap: .milliseconds(510),
            signals: sent(SIGTERM, SIGTERM, SIGTERM, SIGTERM),
            actions: [.pass(SIGTERM), .nothing, .passAndLeave(SIGTERM), .nothing]),
        Case(
            testDescription: "COMMAND may obey only the second of two signals", hasCommand: true,
            gap: .milliseconds(10), signals: sent(SIGINT, SIGTERM),
            actions: [.pass(SIGINT), .pass(SIGTERM)]),
        Case(
            testDescription: "keys reach COMMAND by themselves, however many", hasCommand: true,
            signals: key(SIGINT, SIGINT, SIGINT, SIGQUIT) + sent(SIGINT),
            actions: [.nothing, .nothing, .nothing, .nothing, .pass(SIGINT)]),
        Case(
            testDescription: "the key that has ended COMMAND may be heard late", hasCommand: true,
            phase: .stopping, signals: key(SIGINT, SIGINT), actions: [.nothing, .leave(SIGINT)]),
        Case(
            testDescription: "a refresh is too late at the end", phase: .stopping,
            signals: sent(SIGHUP), actions: [.nothing]),
    ]

    @Test("mean what they meet", arguments: cases)
    func mean(example: Case) {
        var signals = HoldSignals(hasCommand: example.hasCommand)
        signals.phase = example.phase
        var time = ContinuousClock.now
        let actions = example.signals.map { signal in
            defer { time += example.gap }
            return signals.received(signal, at: time)
        }
        #expect(actions == example.actions)
    }

    @Test("count from the start on")
    func countFromStart() {
        var signals = HoldSignals(hasCommand: false)
        let start = ContinuousClock.now
        let signal = ReceivedSignal(number: SIGTERM)
        #expect(signals.received(signal, at: start) == .stop(SIGTERM))
        signals.phase = .stopping
        #expect(signals.received(signal, at: start + .milliseconds(10)) == .nothing)
        #expect(signals.received(signal, at: start + .seconds(2)) == .leave(SIGTERM))
    }
}
