import Glibc

/// What signals mean to a command that stays.
struct HoldSignals {
    enum Phase {
        /// Nothing is there yet.
        case starting
        case holding
        /// Letting go.
        case stopping
    }

    enum Action: Equatable {
        case nothing
        /// Give up what was started, let go, and end by this signal.
        case stop(Int32)
        case refresh
        /// Pass it on to COMMAND.
        case pass(Int32)
        /// Pass it on, and end at once, with COMMAND.
        case passAndLeave(Int32)
        /// End at once.
        case leave(Int32)
    }

    let hasCommand: Bool
    var phase = Phase.starting
    private var requests = EndRequests()

    init(hasCommand: Bool) { self.hasCommand = hasCommand }

    mutating func received(
        _ signal: ReceivedSignal, at now: ContinuousClock.Instant
    ) -> Action {
        // The write that fails tells of SIGPIPE.
        if signal.number == SIGPIPE { return .nothing }
        if phase == .holding, hasCommand { return toCommand(signal, at: now) }
        guard asksForEnd(signal) else {
            return phase == .holding && signal.number == SIGHUP ? .refresh : .nothing
        }
        return switch requests.received(signal.number, at: now) {
        // The key that has just ended COMMAND may be heard after its end, and comes first then.
        case .first: phase == .stopping ? .nothing : .stop(signal.number)
        case .copy: .nothing
        case .further: .leave(signal.number)
        }
    }

    private func asksForEnd(_ signal: ReceivedSignal) -> Bool {
        switch signal.number {
        case SIGINT, SIGTERM, SIGQUIT: true
        // A process that sends it wants a refresh; a terminal that is gone takes its programs along.
        case SIGHUP: hasCommand || signal.isFromKernel
        default: false
        }
    }

    private mutating func toCommand(
        _ signal: ReceivedSignal, at now: ContinuousClock.Instant
    ) -> Action {
        switch signal.number {
        // A key at the terminal has reached COMMAND as well, and what that does about it is its
        // matter, however often the key is pressed.
        case SIGINT where signal.isFromKernel, SIGQUIT where signal.isFromKernel: return .nothing
        case SIGINT, SIGTERM:
            // COMMAND may obey only the other one of the two.
            let isSame = signal.number == requests.latest
            return switch requests.received(signal.number, at: now) {
            case .first: .pass(signal.number)
            case .copy: isSame ? .nothing : .pass(signal.number)
            case .further: .passAndLeave(signal.number)
            }
        default: return .pass(signal.number)
        }
    }
}
