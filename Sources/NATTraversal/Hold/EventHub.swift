/// Hands events to any number of listeners, each with a stream of its own.
final class EventHub<Event: Sendable>: Sendable {
    /// How many events or rounds are kept for a slow listener, the newest; each event carries the whole
    /// state.
    private static var bufferSize: Int { 4096 }

    private struct Listener: Sendable {
        /// Hands over the events of a round, and says whether somebody still listens.
        var take: @Sendable ([Event]) -> Bool
        var finish: @Sendable () -> Void
    }

    private struct State {
        var listeners: [Listener] = []
        var isFinished = false
    }

    private let state = Locked(State())

    /// A new listener's stream, which begins with `first`.
    func stream(first: [Event] = []) -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(Self.bufferSize + first.count))
        add(
            Listener(
                take: { round in
                    round.allSatisfy {
                        if case .terminated = continuation.yield($0) { false } else { true }
                    }
                }, finish: { continuation.finish() }),
            first)
        return stream
    }

    /// The same with the events of each round together.
    func rounds(first: [Event] = []) -> AsyncStream<[Event]> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: [Event].self, bufferingPolicy: .bufferingNewest(Self.bufferSize))
        add(
            Listener(
                take: { if case .terminated = continuation.yield($0) { false } else { true } },
                finish: { continuation.finish() }),
            first)
        return stream
    }

    private func add(_ listener: Listener, _ first: [Event]) {
        if !first.isEmpty { _ = listener.take(first) }
        state.withLock { state in
            if state.isFinished {
                listener.finish()
            } else {
                state.listeners.append(listener)
            }
        }
    }

    /// Sends the events of a round, what came of one answer, to every listener, and drops those whose
    /// stream has ended.
    func yield(_ round: [Event]) {
        guard !round.isEmpty else { return }
        state.withLock { state in state.listeners.removeAll { !$0.take(round) } }
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
