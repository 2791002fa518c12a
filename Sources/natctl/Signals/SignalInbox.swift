import CSystemCalls
import Glibc
import NATTraversal

/// The signals that this process gets, read by the main thread, which has nothing else to do.
///
/// A handler in C writes them into a pipe: Dispatch would not tell who sent one, and takes longer
/// to start, and Swift's runtime must not be entered from a handler.
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

    /// The ends of the pipe.
    private let input: Int32
    private let outlet: Int32
    private let ending = Locked<Int32?>(nil)
    private let present = Locked<Handler?>(nil)

    private init() {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            say(SystemError("pipe").description)
            exit(EndCode.io.rawValue)
        }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A handler must not block.
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        (input, outlet) = (ends[0], ends[1])
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

    /// What is done with signals from now on, on the main thread; `nil` is what every command does.
    var handler: Handler? {
        get { present.withLock(\.self) }
        set { present.withLock { $0 = newValue } }
    }

    /// Lets the main thread end the process.
    func end(with status: Int32) {
        ending.withLock { $0 = status }
        _ = unsafe write(outlet, [0, 0] as [UInt8], 2)
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

/// A signal that this process got.
struct ReceivedSignal: Hashable, Sendable {
    var number: Int32
    /// Whether the kernel sent it, as for a key at the terminal, which goes to all the programs in
    /// the foreground, or for a terminal that is gone.
    var isFromKernel = false
}
