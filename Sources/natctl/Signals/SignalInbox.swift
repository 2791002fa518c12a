import CSystemCalls
import Glibc
import NATTraversal

/// The signals that this process gets.
///
/// A handler in C writes them into a pipe, which the main thread watches: Dispatch would not tell
/// who sent one, and takes longer to start, and Swift's runtime must not be entered from a handler.
/// The main thread may be busy with a command, so that the C handler itself ends the process at the
/// second request to end.
final class SignalInbox: Sendable {
    typealias Handler = @Sendable (ReceivedSignal) -> Void

    private struct State {
        var handler: Handler?
        var cancelCommand: @Sendable () -> Void = {}
        /// The first signal that no handler took.
        var first: Int32?
        /// Whether a command that handles signals itself was started at a terminal.
        var hadTerminal = false
    }

    /// The process's one inbox.
    static let shared = SignalInbox()

    /// The end of the pipe that can be read when there is a signal.
    let descriptor: Int32
    private let outlet: Int32
    private let state = Locked(State())

    private init() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            say(SystemError("pipe").description)
            Glibc.exit(EndCode.io.rawValue)
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (descriptor, outlet) = (ends[0], ends[1])
        csystem_end_at_second_signal(EndRequests.copyWindow.nanoseconds)
    }

    /// Catches these signals from now on, also where they were ignored: a shell lets what it starts
    /// with `&` ignore SIGINT.
    func `catch`(_ signals: Int32...) {
        for number in signals { csystem_catch_signal(number, outlet) }
    }

    /// Catches these signals unless they are ignored, as SIGHUP is by nohup(1), which means COMMAND
    /// as well.
    func catchUnlessIgnored(_ signals: Int32...) {
        for number in signals {
            var present = sigaction()
            let isKnown = unsafe sigaction(number, nil, &present) == 0
            // Compared as numbers, for SIG_IGN is no function.
            let handler = unsafe unsafeBitCast(
                present.__sigaction_handler.sa_handler, to: Int.self)
            let ignoring = unsafe unsafeBitCast(SIG_IGN, to: Int.self)
            if !isKnown || handler != ignoring { csystem_catch_signal(number, outlet) }
        }
    }

    /// What the first signal does to a command that does not handle signals itself.
    func setCancel(_ cancel: @escaping @Sendable () -> Void) {
        state.withLock { $0.cancelCommand = cancel }
    }

    /// Whether the command handles signals itself.
    var isTakenOver: Bool { state.current.handler != nil }

    /// Passes every signal on from now on, on the main thread, which must have no other work then.
    func takeOver(_ handler: @escaping Handler) {
        let hasTerminal = !Self.terminalIsMissing
        state.withLock {
            $0.handler = handler
            $0.hadTerminal = hasTerminal
        }
        csystem_end_at_second_signal(-1)
    }

    /// Does what the signals mean that have come.
    func receive() {
        var message: [UInt8] = [0, 0]
        while unsafe read(descriptor, &message, 2) == 2 {
            var signal = ReceivedSignal(number: Int32(message[0]), isFromKernel: message[1] != 0)
            // A shell whose terminal is gone passes the kernel's signal on to its jobs.
            if signal.number == SIGHUP, state.current.hadTerminal, Self.terminalIsMissing {
                signal.isFromKernel = true
            }
            handle(signal)
        }
    }

    /// Whether this process has no controlling terminal, or has it no longer.
    private static var terminalIsMissing: Bool {
        let terminal = unsafe open("/dev/tty", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
        guard terminal < 0 else {
            close(terminal)
            return false
        }
        // For want of descriptors nothing is known.
        return errno != EMFILE && errno != ENFILE
    }

    private func handle(_ signal: ReceivedSignal) {
        let (handler, cancel) = state.withLock { state in
            let isFirst = state.first == nil
            if isFirst, state.handler == nil { state.first = signal.number }
            return (state.handler, isFirst ? state.cancelCommand : {})
        }
        if let handler { handler(signal) } else { cancel() }
    }

    /// Ends the process with this status, or with that of a signal that has come before.
    func exit(with status: Int32) -> Never {
        receive()
        Glibc.exit(state.current.first.map { 128 + $0 } ?? status)
    }

    /// How long ago the first signal came that asked a command to end which does not handle signals
    /// itself; of use to threads too that wait for something else.
    static var timeSinceRequest: Duration? {
        let nanoseconds = csystem_time_since_signal()
        return nanoseconds < 0 ? nil : .nanoseconds(nanoseconds)
    }
}

extension Duration {
    fileprivate var nanoseconds: Int64 { Int64(self / .nanoseconds(1)) }
}

/// A signal that this process got.
struct ReceivedSignal: Hashable, Sendable {
    var number: Int32
    /// Whether the kernel sent it, itself or through a shell, as for a key at the terminal, which goes
    /// to all the programs in the foreground, or for a terminal that is gone.
    var isFromKernel = false
}
