import Dispatch
import Glibc
import NATTraversal

/// The signals of these kinds as they arrive; none of them ends the process any more.
func signalStream(_ signals: Int32...) -> AsyncStream<Int32> {
    AsyncStream { continuation in
        let sources = Locked(signals.map { signal in source(of: signal, into: continuation) })
        continuation.onTermination = { _ in
            sources.withLock { for source in $0 { source.cancel() } }
        }
    }
}

private func source(
    of signal: Int32, into continuation: AsyncStream<Int32>.Continuation
) -> any DispatchSourceSignal {
    // SIGCHLD must not be ignored, or the system forgets how children ended.
    if signal != SIGCHLD { _ = Glibc.signal(signal, SIG_IGN) }
    let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
    source.setEventHandler { @Sendable in continuation.yield(signal) }
    source.resume()
    return source
}
