/// The requests to end that came as signals.
///
/// One request may come twice: timeout(1) signals the process and then its group, and a service
/// manager or a terminal may do the same. A copy must not cut the clean-up short.
struct EndRequests {
    enum Order: Equatable {
        case first
        /// A copy of the one before.
        case copy
        /// Whoever sent it does not want to wait any longer.
        case further
    }

    /// How long after a request another one is a copy of it.
    static let copyWindow = Duration.seconds(1)

    /// The signal of the latest request that was no copy.
    private(set) var latest: Int32?
    private var latestTime: ContinuousClock.Instant?

    /// Learns of a signal that asks for the end.
    mutating func received(_ signal: Int32, at now: ContinuousClock.Instant) -> Order {
        if let latestTime, now - latestTime <= Self.copyWindow { return .copy }
        defer { (latest, latestTime) = (signal, now) }
        return latest == nil ? .first : .further
    }
}
