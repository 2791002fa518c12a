/// How long a command may take: a limit for the whole, and a shorter one while nobody has answered.
///
/// Used by one task; everything that a command asks shares it.
final class TimeBudget {
    private let silenceDeadline: ContinuousClock.Instant
    /// When waiting ends, whatever is heard.
    let end: ContinuousClock.Instant
    /// When waiting began.
    let start: ContinuousClock.Instant
    /// How long a search for UPnP may take; `nil` is as long as there is time, because the user has
    /// said how long that is.
    let searchLimit: Duration?
    /// Whether any gateway has answered anything.
    var hasHeard = false

    /// How long a search takes at most where nobody has said how long to wait.
    static let defaultSearchLimit = Duration.seconds(3)

    /// Waits `limit` in all, but only `silence` as long as no gateway has answered.
    init(
        limit: Duration, silence: Duration? = nil,
        from start: ContinuousClock.Instant = .now
    ) {
        self.start = start
        end = start + limit
        silenceDeadline = start + min(limit, silence ?? limit)
        searchLimit = silence == nil ? nil : Self.defaultSearchLimit
    }

    /// When to give up, as things stand.
    var deadline: ContinuousClock.Instant { hasHeard ? end : silenceDeadline }
}
