/// How a datagram relates to a waiting request.
enum Verdict<Answer: Sendable>: Sendable {
    case answer(Answer)
    /// An answer without the request's secret, which anyone on the link could forge: it counts if
    /// no better one arrives before the next send (T-5).
    case weakAnswer(Answer)
    /// Not an answer to this request, and why; waiting continues.
    case mismatch(String)
}

/// Requests to one gateway: decides when to send each, and which one a datagram answers.
///
/// Pure: time and datagrams are arguments. `GatewaySocket` does the sending and waiting.
struct RequestWindow<Answer: Sendable> {
    typealias Instant = ContinuousClock.Instant

    struct Request {
        var payload: [UInt8]
        /// A request of the other protocol, added from the third send on, for gateways that ignore
        /// the first.
        var companion: [UInt8]?
        /// How often it is sent before it is given up; `nil` repeats it until time runs out.
        var sendLimit: Int?
        /// The part of it that an answer repeats, to find it among many.
        var key: [UInt8]?
        var judge: @Sendable ([UInt8]) -> Verdict<Answer>
    }

    /// A request that was sent and has no answer yet.
    private struct Waiting {
        var index: Int
        var sends: Int
        var nextSend: Instant
        var weakAnswer: Answer?
    }

    private let requests: [Request]
    private let limit: Int
    private let keyOf: ([UInt8]) -> [UInt8]?
    private let indices: [[UInt8]: [Int]]
    private var waiting: [Waiting] = []
    /// How many of the requests have been sent, the first ones.
    private(set) var sentCount = 0

    /// How many datagrams in a row that answer nothing, over which time, are all that will come.
    private static var nonsense: (count: Int, time: Duration) { (3, .seconds(3)) }
    private var mismatchCount = 0
    private var mismatchedSince: Instant?
    /// Whether the requests were given up because the gateway answers nonsense.
    private(set) var isNonsense = false

    /// The answers so far, in the order of the requests.
    private(set) var answers: [Answer?]
    /// Why the last datagram that matched no request did not; `nil` when all matched.
    private(set) var mismatch: String?

    /// - Parameters:
    ///   - requests: in sending order.
    ///   - limit: how many may be unanswered at a time.
    ///   - keyOf: extracts from a datagram the key of the request that it may answer.
    init(
        _ requests: [Request], limit: Int, keyOf: @escaping ([UInt8]) -> [UInt8]? = { _ in nil }
    ) {
        self.requests = requests
        self.limit = limit
        self.keyOf = keyOf
        indices = requests.indices.reduce(into: [:]) { indices, index in
            if let key = requests[index].key { indices[key, default: []].append(index) }
        }
        answers = Array(repeating: nil, count: requests.count)
    }

    /// Whether every request has been answered or given up.
    var isFinished: Bool { waiting.isEmpty && (isNonsense || sentCount == requests.count) }

    /// When the next send or decision is due, unless a datagram arrives first.
    var nextWake: Instant? { waiting.map(\.nextSend).min() }

    /// The datagrams to send now.
    mutating func due(at now: Instant) -> [[UInt8]] {
        if mismatchCount > 0 { mismatchedSince = mismatchedSince ?? now }
        if let mismatchedSince, mismatchCount >= Self.nonsense.count,
            now >= mismatchedSince + Self.nonsense.time
        {
            isNonsense = true
            timeIsOver()
            return []
        }
        var payloads: [[UInt8]] = []
        waiting = waiting.compactMap { entry in
            guard entry.nextSend <= now else { return entry }
            if let weakAnswer = entry.weakAnswer {
                answers[entry.index] = weakAnswer
                return nil
            }
            if let limit = requests[entry.index].sendLimit, entry.sends >= limit { return nil }
            var entry = entry
            send(&entry, at: now, into: &payloads)
            return entry
        }
        while waiting.count < limit, sentCount < requests.count {
            var entry = Waiting(index: sentCount, sends: 0, nextSend: now)
            send(&entry, at: now, into: &payloads)
            waiting.append(entry)
            sentCount += 1
        }
        return payloads
    }

    /// Schedules all waiting requests again, because the gateway's port was closed.
    mutating func portIsClosed(at now: Instant) {
        for position in waiting.indices {
            waiting[position].sends = max(0, waiting[position].sends - 1)
            waiting[position].nextSend = now + RetrySchedule.wait(afterSend: 1)
        }
    }

    /// Ends the window: weak answers count now, because nothing more will be sent.
    mutating func timeIsOver() {
        for entry in waiting {
            if let weakAnswer = entry.weakAnswer { answers[entry.index] = weakAnswer }
        }
        waiting = []
    }

    private func send(_ entry: inout Waiting, at now: Instant, into payloads: inout [[UInt8]]) {
        payloads.append(requests[entry.index].payload)
        if entry.sends >= 2, let companion = requests[entry.index].companion {
            payloads.append(companion)
        }
        entry.sends += 1
        let isLast = entry.sends == requests[entry.index].sendLimit
        entry.nextSend =
            now + (isLast ? RetrySchedule.longest : RetrySchedule.wait(afterSend: entry.sends))
    }

    /// Hands a datagram to the request it answers.
    ///
    /// - Returns: whether it answered one.
    mutating func received(_ payload: [UInt8]) -> Bool {
        let matches = answer(payload)
        (mismatchCount, mismatchedSince) = matches ? (0, nil) : (mismatchCount + 1, mismatchedSince)
        return matches
    }

    private mutating func answer(_ payload: [UInt8]) -> Bool {
        // Skips requests that already have their answer (N-5).
        let named = keyOf(payload).flatMap { indices[$0] }
        var mismatch: String?
        for position in waiting.indices {
            let index = waiting[position].index
            if let named, !named.contains(index) { continue }
            switch requests[index].judge(payload) {
            case .answer(let answer):
                answers[index] = answer
                waiting.remove(at: position)
                return true
            case .weakAnswer(let answer):
                // Goes to the first such request that has none yet: without the secret they are
                // indistinguishable.
                guard waiting[position].weakAnswer == nil else { continue }
                waiting[position].weakAnswer = answer
                return true
            case .mismatch(let reason):
                mismatch = reason
            }
        }
        if let mismatch { self.mismatch = mismatch }
        return false
    }

    /// Postpones all resends, because the gateway has just shown that it works.
    ///
    /// A gateway needs time for each request (miniupnpd 5 ms for a mapping) and does the work of a
    /// repeated one twice, removing a renewed mapping from its packet filter for a moment.
    mutating func gatewayAnswered(at now: Instant) {
        for position in waiting.indices where waiting[position].weakAnswer == nil {
            let nextSend = now + RetrySchedule.wait(afterSend: waiting[position].sends)
            waiting[position].nextSend = max(waiting[position].nextSend, nextSend)
        }
    }
}
