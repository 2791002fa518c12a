/// When a hint that the gateway has restarted is answered with a question to it: after a random
/// delay, so that not all of its clients ask at once, and rarely, because anyone can send a hint
/// (T-8).
struct HintQuestion: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The longest delay: the RFCs allow five seconds, within which everything is to be back
    /// (RFC 6886, section 3.2.1; RFC 6887, section 8.5).
    static let longestDelay = Duration.seconds(4)
    /// No more than one question in this time.
    static let interval = Duration.seconds(30)

    /// When to ask; `nil` when there is nothing to ask about.
    private(set) var time: Instant?
    private var last: Instant?

    /// Takes a hint, of which one counts until it is asked about.
    mutating func hinted(at now: Instant, delay: Duration) {
        guard time == nil else { return }
        time = max(now + delay, last.map { $0 + Self.interval } ?? now)
    }

    /// Whether it is time to ask; then the question counts as asked.
    mutating func isDue(at now: Instant) -> Bool {
        guard let time, time <= now else { return false }
        self.time = nil
        last = now
        return true
    }
}
