/// An answer worth a fetch.
struct SSDPReply: Hashable, Sendable {
    /// What was sent.
    var message: SSDPMessage
    /// Who sent it; from any port (S-3).
    var source: SocketAddress
    /// Where its description is fetched.
    var url: HTTPURL
    /// Whether LOCATION named another host than the sender (S-6), and not just its wider address.
    var isRepointed: Bool
    /// Whether the sender is a default gateway.
    var isGateway: Bool
}

/// The answers of one search on one interface: each LOCATION once, and no more than the limits.
///
/// Whoever talks most cannot crowd out the gateway: what a default gateway sends is always read and
/// has a place of its own (T-4). Pure: it is told what arrived.
struct SSDPReplies {
    private let gateways: Set<IPAddress>
    private let limits: SSDPLimits
    private var seen: Set<Key> = []
    private var locationsBySource: [IPAddress: Int] = [:]
    private var strangers = 0
    private var replies = 0
    /// How many answers were not looked at because of a limit.
    private(set) var ignored = 0

    private struct Key: Hashable {
        var source: IPAddress
        var url: HTTPURL
    }

    init(gateways: Set<IPAddress>, limits: SSDPLimits) {
        self.gateways = gateways
        self.limits = limits
    }

    /// Takes a datagram in.
    ///
    /// - Returns: what is new in it; `nil` for a repetition (S-7), an announcement (S-13), something
    ///   else altogether, and what is over the limits.
    mutating func receive(_ datagram: Datagram) -> SSDPReply? {
        let source = datagram.source.address.unmapped
        let isGateway = gateways.contains(source)
        if !isGateway {
            guard replies < limits.replies else {
                ignored += 1
                return nil
            }
            replies += 1
        }
        guard let message = SSDPMessage(parsing: datagram.payload), message.kind != .notify else {
            return nil
        }
        let location = SSDPLocation(message.location, from: datagram.source)
        guard let url = location.url else { return nil }
        let key = Key(source: source, url: url)
        guard !seen.contains(key) else { return nil }
        guard hasRoom(for: source, isGateway: isGateway) else {
            ignored += 1
            return nil
        }
        seen.insert(key)
        locationsBySource[source, default: 0] += 1
        if !isGateway { strangers += 1 }
        return SSDPReply(
            message: message, source: datagram.source, url: url,
            isRepointed: location != .usable(url)
                && !url.isOwnPlace(of: message.location, isGateway: isGateway),
            isGateway: isGateway)
    }

    private func hasRoom(for source: IPAddress, isGateway: Bool) -> Bool {
        guard locationsBySource[source, default: 0] < limits.locationsPerSource else {
            return false
        }
        return isGateway || strangers < limits.locationsPerInterface
    }
}
