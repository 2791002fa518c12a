/// A unicast route to every address of a family, or to one half of them.
///
/// A VPN overrides the default route without changing it by two routes, 0.0.0.0/1 and 128.0.0.0/1,
/// which the kernel prefers as the longer prefixes. No narrower route leads to a gateway.
struct DefaultRoute: Equatable, Sendable {
    /// The preference that a router advertises (RFC 4191, section 2.1), best first.
    enum Preference: Int, Sendable {
        case high
        case medium
        case low
    }

    /// The addresses it covers.
    enum Destination: Sendable {
        case everything
        case lowerHalf
        case upperHalf
    }

    /// Where the route leads; a multipath route has several.
    struct Hop: Equatable, Sendable {
        /// The router; `nil` when the route names only an interface.
        var gateway: IPAddress?
        var interfaceIndex: UInt32
        /// Its share of the traffic; 1 unless the route has several.
        var weight = 1
    }

    /// The number of the table that applies unless a rule names another.
    static let mainTable: UInt32 = 254

    var family: AddressFamily
    var destination = Destination.everything
    var table = mainTable
    /// Among routes with the same destination the lowest wins.
    var metric: UInt32 = 0
    var preference = Preference.medium
    /// At least one, none of them known to be dead.
    var hops: [Hop] = []
}
