/// A unicast route to every address of a family, or to one half of them.
///
/// A VPN takes over the default route without touching it by two routes, 0.0.0.0/1 and 128.0.0.0/1,
/// which the kernel prefers as the longer prefixes. Nothing narrower leads to a gateway.
struct DefaultRoute: Equatable, Sendable {
    /// What a router says of itself (RFC 4191, section 2.1), best first.
    enum Preference: Int, Sendable {
        case high
        case medium
        case low
    }

    /// Which addresses it is for.
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

    /// The number of the table that counts when no rule names another.
    static let mainTable: UInt32 = 254

    var family: AddressFamily
    var destination = Destination.everything
    var table = mainTable
    /// The lowest wins among routes with one destination.
    var metric: UInt32 = 0
    var preference = Preference.medium
    /// At least one, none of them known to be dead.
    var hops: [Hop] = []
}
