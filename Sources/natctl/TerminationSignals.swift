import Dispatch
import Glibc
import NATTraversal

/// SIGINT and SIGTERM: the first asks for a clean end, the second ends at once.
final class TerminationSignals {
    private let first = Locked<Int32?>(nil)
    private let sources: [any DispatchSourceSignal]

    /// Calls `onSignal` at the first one.
    init(_ onSignal: @escaping @Sendable () -> Void) {
        let first = first
        sources = [SIGINT, SIGTERM].map { number in
            _ = signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(
                signal: number, queue: .global(qos: .userInitiated))
            source.setEventHandler { @Sendable in
                let isFirst = first.withLock { received in
                    defer { received = received ?? number }
                    return received == nil
                }
                if isFirst { onSignal() } else { _exit(128 + number) }
            }
            source.activate()
            return source
        }
    }

    /// The signal that ended the command, if one did.
    var received: Int32? { first.withLock { $0 } }
}
