import Glibc
import NATTraversal

/// The signals that this process gets, read by the main thread, which has nothing else to do.
///
/// Handlers of our own write them into a pipe: Dispatch would not tell who sent one, and takes
/// longer to start.
final class SignalInbox: Sendable {
    /// What the main thread reads.
    enum Message: Equatable {
        case signal(ReceivedSignal)
        /// The command has ended with this status.
        case ended(Int32)
    }

    typealias Handler = @Sendable (ReceivedSignal) -> Void

    /// The process's one inbox.
    static let shared = SignalInbox()

    private let input: Int32
    private let ending = Locked<Int32?>(nil)
    private let present = Locked<Handler?>(nil)

    private init() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            say(SystemError("pipe").description)
            exit(EndCode.io.rawValue)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must not block; what does not fit comes after thousands of signals unread.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        input = ends[0]
        unsafe outlet = ends[1]
    }

    /// Catches these signals from now on, also where they were ignored: a shell lets what it starts
    /// with `&` ignore SIGINT.
    func `catch`(_ signals: Int32...) {
        for number in signals { set(number) }
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
            if !isKnown || handler != ignoring { set(number) }
        }
    }

    private func set(_ number: Int32) {
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_sigaction = { number, information, _ in
            let isFromKernel = unsafe information.map { unsafe $0.pointee.si_code == SI_KERNEL }
            put(number, isFromKernel ?? false)
        }
        action.sa_flags = SA_SIGINFO | SA_RESTART
        _ = unsafe sigaction(number, &action, nil)
    }

    /// What is done with signals from now on, on the main thread; `nil` is what every command does.
    var handler: Handler? {
        get { present.withLock(\.self) }
        set { present.withLock { $0 = newValue } }
    }

    /// Lets the main thread end the process.
    func end(with status: Int32) {
        ending.withLock { $0 = status }
        put(0, false)
    }

    /// Waits for the next message.
    func next() -> Message {
        var message: [UInt8] = [0, 0]
        while unsafe read(input, &message, 2) != 2 {}
        if let status = ending.withLock(\.self) { return .ended(status) }
        return .signal(
            ReceivedSignal(number: Int32(message[0]), isFromKernel: message[1] != 0))
    }
}

/// The end of the pipe that handlers write to; set once, before the first of them is.
private nonisolated(unsafe) var outlet: Int32 = -1

/// Writes a message; safe in a signal handler.
private func put(_ number: Int32, _ flag: Bool) {
    let code = errno
    var message = (UInt8(truncatingIfNeeded: number), UInt8(flag ? 1 : 0))
    _ = unsafe withUnsafeBytes(of: &message) { unsafe write(outlet, $0.baseAddress, 2) }
    errno = code
}
