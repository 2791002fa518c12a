/// Records what the sockets of a task send and receive.
///
/// A socket that is opened while `current` is set records itself; any other pays for one look at
/// `current` and nothing else. What is kept is bounded, however much a router sends (T-3, T-4).
package final class TrafficRecorder: Sendable {
    /// The recorder of this task and of those that it starts; `nil` for none.
    @TaskLocal package static var current: TrafficRecorder?

    /// How much is kept.
    package struct Limits: Sendable {
        package var conversations = 256
        package var eventsOfConversation = 512
        /// Bytes of one conversation, more than any description has that is read.
        package var bytesOfConversation = 256 << 10
        package var bytes = 1 << 20
        /// Bytes of a connection that come within this time count as one piece.
        package var pieceInterval = Duration.milliseconds(20)
        package var pieces = 64
    }

    private struct State {
        var conversations: [Conversation] = []
        var bytes = 0
    }

    private let start = ContinuousClock.now
    private let limits: Limits
    private let state = Locked(State())

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// What was recorded so far: the sockets that have asked something or were to connect, in the
    /// order they were opened.
    package var conversations: [Conversation] {
        state.current.conversations.filter { conversation in
            // A connection that never opened has a peer and nothing else.
            !conversation.events.isEmpty
                || conversation.transport == .tcp && conversation.peer != nil
        }
    }

    /// Starts to record a socket; `nil` beyond the limit.
    func begin(_ transport: Conversation.Transport) -> TrafficTap? {
        let elapsed = ContinuousClock.now - start
        return state.withLock { state in
            guard state.conversations.count < limits.conversations else { return nil }
            state.conversations.append(Conversation(transport, start: elapsed))
            return TrafficTap(recorder: self, number: state.conversations.count - 1)
        }
    }

    fileprivate func connect(_ number: Int, to peer: SocketAddress) {
        state.withLock { $0.conversations[number].peer = peer }
    }

    fileprivate func add(_ kind: Conversation.Event.Kind, to number: Int) {
        let elapsed = ContinuousClock.now - start
        state.withLock { state in
            state.bytes += state.conversations[number].add(
                kind, at: elapsed, limits: limits, bytesLeft: limits.bytes - state.bytes)
        }
    }
}

/// Where one socket records itself.
struct TrafficTap: Sendable {
    fileprivate let recorder: TrafficRecorder
    fileprivate let number: Int

    func connects(to peer: SocketAddress) { recorder.connect(number, to: peer) }

    func add(_ kind: Conversation.Event.Kind) { recorder.add(kind, to: number) }
}

extension Conversation {
    /// Adds an event as far as the limits allow.
    ///
    /// - Returns: how many bytes of it were kept.
    fileprivate mutating func add(
        _ kind: Event.Kind, at elapsed: Duration, limits: TrafficRecorder.Limits, bytesLeft: Int
    ) -> Int {
        let time = elapsed - start
        let count = kind.byteCount
        let room = min(
            bytesLeft, limits.bytesOfConversation - events.reduce(0) { $0 + $1.kind.byteCount })
        // A datagram is kept whole or not at all.
        var kept = count <= room ? count : transport == .tcp ? max(0, room) : 0
        if case .received(let bytes, _) = kind.prefix(kept), transport == .tcp, kept > 0,
            let last = events.last, case .received(let before, let peer) = last.kind,
            time - last.time < limits.pieceInterval || events.count >= limits.pieces
        {
            events[events.count - 1].kind = .received(before + bytes, from: peer)
        } else if kept == count || kept > 0, events.count < limits.eventsOfConversation {
            events.append(Event(at: time, kind.prefix(kept)))
        } else {
            kept = 0
        }
        if case .received = kind { omittedBytes += count - kept }
        return kept
    }
}

extension Conversation.Event.Kind {
    fileprivate var byteCount: Int {
        switch self {
        case .sent(let bytes, _), .received(let bytes, _): bytes.count
        case .connected, .failed, .closed: 0
        }
    }

    fileprivate func prefix(_ count: Int) -> Self {
        switch self {
        case .sent(let bytes, let peer): .sent(Array(bytes.prefix(count)), to: peer)
        case .received(let bytes, let peer): .received(Array(bytes.prefix(count)), from: peer)
        case .connected, .failed, .closed: self
        }
    }
}
