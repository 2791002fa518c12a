/// What a datagram is to a request that waits.
enum Verdict<Answer: Sendable>: Sendable {
    case answer(Answer)
    /// An answer without the request's secret, which anyone on the link could have made up: it
    /// counts when nothing better comes before the next send (T-5).
    case weakAnswer(Answer)
    /// Not this request's answer, and why; waiting goes on.
    case mismatch(String)
}

/// Requests on their way to one gateway: what is to be sent when, and whose answer a datagram is.
///
/// Pure: it is told the time and what arrived. `GatewaySocket` does the sending and waiting.
struct RequestWindow<Answer: Sendable> {
    typealias Instant = ContinuousClock.Instant

    struct Request {
        var payload: [UInt8]
        /// Another question, sent beside the third and later sends, for gateways that are deaf to
        /// the first one.
        var companion: [UInt8]?
        /// How often it is sent before it is given up; `nil` is until time is over.
        var sendLimit: Int?
        /// What an answer repeats of it, by which it is found among many.
        var key: [UInt8]?
        var judge: @Sendable ([UInt8]) -> Verdict<Answer>
    }

    /// A request that has been sent and waits.
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
    private var unsent = 0

    /// The answers so far, in the order of the requests.
    private(set) var answers: [Answer?]
    /// Why the last datagram that answered nothing did not; `nil` when all did.
    private(set) var mismatch: String?

    /// - Parameters:
    ///   - requests: in the order they are to be sent.
    ///   - limit: how many may be unanswered at a time.
    ///   - keyOf: what a datagram repeats of the request that it may answer.
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

    /// Whether nothing waits any more: all is answered or given up.
    var isFinished: Bool { waiting.isEmpty && unsent == requests.count }

    /// When something is to be sent or decided next, unless a datagram comes before.
    var nextWake: Instant? { waiting.map(\.nextSend).min() }

    /// What to send now.
    mutating func due(at now: Instant) -> [[UInt8]] {
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
        while waiting.count < limit, unsent < requests.count {
            var entry = Waiting(index: unsent, sends: 0, nextSend: now)
            send(&entry, at: now, into: &payloads)
            waiting.append(entry)
            unsent += 1
        }
        return payloads
    }

    /// Sends everything that waits once more in a while, because nobody was there to hear it.
    mutating func portIsClosed(at now: Instant) {
        for position in waiting.indices {
            waiting[position].sends = max(0, waiting[position].sends - 1)
            waiting[position].nextSend = now + RetrySchedule.wait(afterSend: 1)
        }
    }

    /// Takes the weak answers that nothing better has replaced: nothing will be sent any more.
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
                // Of several alike the first that has none yet: without a secret they cannot be
                // told apart.
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

    /// Puts off all resends, because the gateway has just shown that it works.
    ///
    /// It takes its time for each request (miniupnpd 5 ms for a mapping), and asked twice it does
    /// the work twice: a renewed mapping is taken out of its packet filter for a moment.
    mutating func gatewayAnswered(at now: Instant) {
        for position in waiting.indices where waiting[position].weakAnswer == nil {
            let nextSend = now + RetrySchedule.wait(afterSend: waiting[position].sends)
            waiting[position].nextSend = max(waiting[position].nextSend, nextSend)
        }
    }
}
