import Dispatch
import NATTraversal

/// The signals of these kinds from now on; none of them ends the process any more.
func signalStream(_ signals: Int32...) async -> AsyncStream<Int32> {
    let (stream, continuation) = AsyncStream<Int32>.makeStream()
    var sources: [any DispatchSourceSignal] = []
    for signal in signals { sources.append(await source(of: signal, into: continuation)) }
    let present = Locked(sources)
    continuation.onTermination = { _ in
        present.withLock { for source in $0 { source.cancel() } }
    }
    return stream
}

/// A source that is at work when this returns; until then a signal does what it always does.
private func source(
    of signal: Int32, into continuation: AsyncStream<Int32>.Continuation
) async -> any DispatchSourceSignal {
    let source = DispatchSource.makeSignalSource(signal: signal, queue: .global())
    source.setEventHandler { @Sendable in continuation.yield(signal) }
    await withCheckedContinuation { registered in
        source.setRegistrationHandler { @Sendable in registered.resume() }
        source.resume()
    }
    return source
}
