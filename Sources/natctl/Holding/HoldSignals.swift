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
        /// Pass it on, and wait no longer for COMMAND.
        case passAndStop(Int32)
        /// End at once.
        case leave(Int32)
    }

    let hasCommand: Bool
    var phase = Phase.starting
    /// Whether a SIGINT or SIGTERM was for us.
    private var isAskedToEnd = false

    init(hasCommand: Bool) { self.hasCommand = hasCommand }

    mutating func received(_ signal: ReceivedSignal) -> Action {
        switch (phase, signal.number) {
        // The write tells.
        case (_, SIGPIPE): .nothing
        case (.starting, SIGINT), (.starting, SIGTERM):
            isSecond() ? .leave(signal.number) : .stop(signal.number)
        // What kills with it wants a refresh; a terminal that is gone takes its programs along.
        case (.starting, SIGHUP) where !hasCommand && !signal.isFromKernel: .nothing
        case (.holding, SIGHUP) where !hasCommand && !signal.isFromKernel: .refresh
        case (.starting, SIGHUP), (.starting, SIGQUIT): .stop(signal.number)
        case (.starting, _): .nothing
        case (.holding, _) where hasCommand: toCommand(signal)
        case (.holding, SIGINT), (.holding, SIGTERM):
            isSecond() ? .leave(signal.number) : .stop(signal.number)
        case (.holding, _): .stop(signal.number)
        // The key that has just ended COMMAND may be heard after its end, and comes first then.
        case (.stopping, SIGINT), (.stopping, SIGTERM):
            isSecond() ? .leave(signal.number) : .nothing
        case (.stopping, _): .nothing
        }
    }

    private mutating func toCommand(_ signal: ReceivedSignal) -> Action {
        switch signal.number {
        // A key at the terminal has reached COMMAND as well, and what that does about it is its
        // matter, however often the key is pressed.
        case SIGINT where signal.isFromKernel, SIGQUIT where signal.isFromKernel: .nothing
        case SIGINT, SIGTERM: isSecond() ? .passAndStop(signal.number) : .pass(signal.number)
        default: .pass(signal.number)
        }
    }

    /// Whether one that asks for the end has come before this one.
    private mutating func isSecond() -> Bool {
        defer { isAskedToEnd = true }
        return isAskedToEnd
    }
}
