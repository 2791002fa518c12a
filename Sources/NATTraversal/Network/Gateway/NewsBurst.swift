/// Decides when to report a burst of news, once: when it has settled or has lasted long enough.
struct NewsBurst: Hashable, Sendable {
    /// How long a burst must be quiet: a link going down and up sends some twenty messages.
    static let quiet = Duration.milliseconds(100)
    /// The longest delay of a report while news keep arriving.
    static let longest = Duration.seconds(1)

    private var start: ContinuousClock.Instant?
    /// When to report; `nil` while there is nothing to report.
    private(set) var end: ContinuousClock.Instant?

    /// Takes note of news.
    mutating func add(at now: ContinuousClock.Instant) {
        let start = start ?? now
        self.start = start
        end = min(now + Self.quiet, start + Self.longest)
    }

    /// Whether to report now; later news are another burst.
    mutating func isOver(at now: ContinuousClock.Instant) -> Bool {
        guard let end, end <= now else { return false }
        self = NewsBurst()
        return true
    }
}
