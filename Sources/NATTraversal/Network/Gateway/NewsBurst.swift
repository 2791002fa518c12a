/// When a burst of news is told, once: when it has settled, or has gone on for long enough.
struct NewsBurst: Hashable, Sendable {
    /// A link that goes down and up makes some twenty messages, the last ones within this time.
    static let quiet = Duration.milliseconds(100)
    /// What keeps changing is told so often.
    static let longest = Duration.seconds(1)

    private var start: ContinuousClock.Instant?
    /// When to tell it; `nil` while there is nothing to tell.
    private(set) var end: ContinuousClock.Instant?

    /// News came.
    mutating func add(at now: ContinuousClock.Instant) {
        let start = start ?? now
        self.start = start
        end = min(now + Self.quiet, start + Self.longest)
    }

    /// Whether it is to be told now; what comes then is another burst.
    mutating func isOver(at now: ContinuousClock.Instant) -> Bool {
        guard let end, end <= now else { return false }
        self = NewsBurst()
        return true
    }
}
