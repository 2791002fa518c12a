/// How long a command may take: an overall limit, and a shorter one until any gateway answers.
///
/// One task uses it; all questions of a command share it.
final class TimeBudget {
    private let silenceDeadline: ContinuousClock.Instant
    /// When waiting ends, whatever has answered.
    let end: ContinuousClock.Instant
    /// When waiting began.
    let start: ContinuousClock.Instant
    /// How long a search for UPnP may take; `nil` is until the end, because the user has set that.
    let searchLimit: Duration?
    /// Whether any gateway has answered anything.
    var hasHeard = false

    /// The search limit when the user has set no time limit.
    static let defaultSearchLimit = Duration.seconds(3)

    /// Allows `limit` in all, but only `silence` until a gateway answers.
    init(
        limit: Duration, silence: Duration? = nil,
        from start: ContinuousClock.Instant = .now
    ) {
        self.start = start
        end = start + limit
        silenceDeadline = start + min(limit, silence ?? limit)
        searchLimit = silence == nil ? nil : Self.defaultSearchLimit
    }

    /// When to give up, as far as is known now.
    var deadline: ContinuousClock.Instant { hasHeard ? end : silenceDeadline }
}
