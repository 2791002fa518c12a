/// Hands events to any number of listeners, each with a stream of its own.
final class EventHub<Event: Sendable>: Sendable {
    /// How many events are kept for a slow listener, the newest; each carries the whole state.
    private static var bufferSize: Int { 4096 }

    private struct State {
        var listeners: [AsyncStream<Event>.Continuation] = []
        var isFinished = false
    }

    private let state = Locked(State())

    /// A new listener's stream, which begins with `first`.
    func stream(first: [Event] = []) -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(Self.bufferSize + first.count))
        for event in first { continuation.yield(event) }
        state.withLock { state in
            if state.isFinished {
                continuation.finish()
            } else {
                state.listeners.append(continuation)
            }
        }
        return stream
    }

    /// Sends an event to every listener, and drops those whose stream has ended.
    func yield(_ event: Event) {
        state.withLock { state in
            state.listeners.removeAll { listener in
                if case .terminated = listener.yield(event) { true } else { false }
            }
        }
    }

    /// Ends every stream, including those yet to be made.
    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener.finish() }
    }
}
