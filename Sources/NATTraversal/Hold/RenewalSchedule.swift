/// When a granted mapping is asked for again: RFC 6887, section 11.2.1, for every technique, because
/// RFC 6886 names the first half only and IGD nothing at all.
///
/// ```text
/// granted          1/2   5/8     3/4 13/16  7/8 ...   expiry
///    |--------------[ 1st )-------[ 2nd )----[ 3rd )----|
/// ```
struct RenewalSchedule: Hashable, Sendable {
    typealias Instant = ContinuousClock.Instant

    /// One request.
    struct Attempt: Hashable, Sendable {
        /// When to ask.
        var time: Instant
        /// From when on it may go out together with others that are due.
        var earliest: Instant
        /// Whether it is retransmitted, because no other request fits in before the end, or because
        /// somebody waits; else it is sent once.
        var isPersistent = false
    }

    /// The shortest time between two requests for a mapping (RFC 6887, section 11.2.1).
    static let shortestGap = Duration.seconds(4)
    /// A request with less time than this before the end comes too late.
    private static let leastTime = Duration.seconds(1)
    private static let longestSlack = Duration.seconds(10)
    /// The lifetimes that timers run by, so that no foreign number makes them spin (T-12).
    private static let limits = Duration.seconds(8)...Duration.seconds(86400)

    private let granted: Instant
    private let lifetime: Duration

    /// The schedule of a mapping that was granted for so long at this moment.
    init(_ lifetime: Duration, grantedAt granted: Instant) {
        self.granted = granted
        self.lifetime = min(max(lifetime, Self.limits.lowerBound), Self.limits.upperBound)
    }

    /// How far apart renewals may lie to be made together: close enough that many stay spread over
    /// their windows.
    var slack: Duration { min(Self.longestSlack, lifetime / 128) }

    /// When the mapping ends.
    var expiry: Instant { granted + lifetime }

    /// The next request.
    ///
    /// - Parameters:
    ///   - number: which one it is since the grant, from 1.
    ///   - last: when the one before was made; `nil` for the first.
    ///   - fraction: where in its window it lies, drawn from 0 to 1.
    /// - Returns: when to ask, and how.
    func attempt(_ number: Int, after last: Instant? = nil, fraction: Double) -> Attempt {
        // Twenty halvings of a day are less than a second.
        let part = lifetime / Double(1 << min(max(number, 1), 20))
        let earliest = granted + (lifetime - part)
        let time = earliest + part / 4 * fraction
        let soonest = last.map { $0 + Self.shortestGap } ?? earliest
        guard earliest >= soonest || time >= soonest else {
            return Attempt(time: soonest, earliest: soonest, isPersistent: true)
        }
        return Attempt(
            time: time, earliest: max(earliest, soonest),
            isPersistent: time + Self.shortestGap + Self.leastTime > expiry)
    }
}
