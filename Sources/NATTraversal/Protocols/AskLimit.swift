/// How long one asking may take, and what else is looked for meanwhile.
struct AskLimit {
    typealias Instant = ContinuousClock.Instant

    /// How long a port that ICMP calls closed is asked again before that is believed: a router's
    /// daemon that restarts, or one lost rule of its packet filter, closes it for a moment.
    static let closedBelief = Duration.seconds(1)

    /// The command's time, shared by all that it asks.
    var budget: TimeBudget
    /// When this asking ends, if that is earlier than the budget says.
    var end: Instant?
    /// How often each request is sent; `nil` is until it is answered or time is over.
    var sendLimit: Int?
    /// For how long ICMP's "port unreachable" is doubted.
    var closedBelief = Self.closedBelief
    /// The search that goes on beside it and may take over.
    var rival: Rival?

    /// A search that begins beside an asking, and takes over once it has found something.
    struct Rival {
        /// The search.
        var search: any RivalSearch
        /// When it begins.
        var searchesFrom: Instant
        /// From when on it takes over.
        var takesOverFrom: Instant
    }

    /// When to give up, as things stand.
    var deadline: Instant { min(budget.deadline, end ?? budget.deadline) }

    /// Whether to stop now.
    func isOver(at now: Instant) -> Bool {
        if now >= deadline { return true }
        guard let rival else { return false }
        return now >= rival.takesOverFrom && rival.search.isReady
    }
}

/// A search for another technique while one is asked.
protocol RivalSearch: Sendable {
    /// Searches until it has found something or time is over.
    func search(until deadline: ContinuousClock.Instant) async
    /// Whether the other technique can be asked now.
    var isReady: Bool { get }
    /// Whether the gateway has answered the search, so that it is worth more time.
    var hasHeard: Bool { get }
}
