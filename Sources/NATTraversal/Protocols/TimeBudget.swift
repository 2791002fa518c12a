/// How long a command waits: a limit for the whole, and a shorter one while nobody has answered.
///
/// Used by one task; the links of a command share it.
final class TimeBudget {
    private let silenceDeadline: ContinuousClock.Instant
    /// When waiting ends, whatever is heard.
    let end: ContinuousClock.Instant
    /// When waiting began.
    let start: ContinuousClock.Instant
    /// Whether any gateway has answered anything.
    var hasHeard = false

    /// Waits `limit` in all, but only `silence` as long as no gateway has answered.
    init(
        limit: Duration, silence: Duration? = nil,
        from start: ContinuousClock.Instant = .now
    ) {
        self.start = start
        end = start + limit
        silenceDeadline = start + min(limit, silence ?? limit)
    }

    /// When to give up, as things stand.
    var deadline: ContinuousClock.Instant { hasHeard ? end : silenceDeadline }
}
