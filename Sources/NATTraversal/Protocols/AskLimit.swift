/// How long one question may take, and which search runs meanwhile.
struct AskLimit {
    typealias Instant = ContinuousClock.Instant

    /// How long requests are repeated to a port that ICMP calls closed before it counts as closed:
    /// a router's daemon that restarts, or one lost rule of its packet filter, closes it for a
    /// moment.
    static let closedBelief = Duration.seconds(1)

    /// The command's time, shared by all its questions.
    var budget: TimeBudget
    /// When this question ends, if that is before the budget's deadline.
    var end: Instant?
    /// When to give up a UPnP service that has answered nothing but the search, if that is before the
    /// budget's deadline.
    var serviceEnd: Instant?
    /// How often each request is sent; `nil` repeats it until an answer comes or time runs out.
    var sendLimit: Int?
    /// How long to doubt ICMP's "port unreachable".
    var closedBelief = Self.closedBelief
    /// The search that runs meanwhile and may take over.
    var rival: Rival?

    /// A search that starts while a question waits, and takes over once it has found something.
    ///
    /// A gateway that answers many requests one after another is not silent, however long all of
    /// them take: its patience begins anew with each question and each answer.
    struct Rival {
        /// The search.
        var search: any RivalSearch
        /// After how much silence it starts.
        var searchesAfter: Duration
        /// After how much silence it takes over.
        var takesOverAfter: Duration
    }

    /// When to give up, as far as is known now.
    var deadline: Instant { min(budget.deadline, end ?? budget.deadline) }

    /// Whether to stop now, when the gateway has been silent since then.
    func isOver(at now: Instant, silentSince: Instant) -> Bool {
        if now >= deadline { return true }
        guard let rival else { return false }
        return now >= silentSince + rival.takesOverAfter && rival.search.isReady
    }
}

/// A search for another technique while the current one is being asked.
protocol RivalSearch: Sendable {
    /// Searches until it has found something or the deadline passes.
    func search(until deadline: ContinuousClock.Instant) async
    /// Whether the other technique can be asked now.
    var isReady: Bool { get }
    /// Whether the gateway has answered the search, so that it is worth more time.
    var hasHeard: Bool { get }
}
