/// What a search asks for and when: UDA 1.1, section 1.3.2, and what routers need beyond it.
///
/// Pure data, so that a test reads it against the document it follows.
struct SSDPSearchPlan: Hashable, Sendable {
    /// One datagram to the group and to each gateway.
    struct Send: Hashable, Sendable {
        /// After the beginning of the search.
        var offset: Duration
        var target: SSDPTarget
    }

    /// In the order of their offsets.
    var sends: [Send]
    /// Within how many seconds devices answer a multicast (S-14).
    var maximumWaitSeconds: UInt8
    /// How long answers are listened for, after the beginning.
    var duration: Duration
    /// After `duration` this round is sent again every 3 s, where the caller has more time.
    var laterRound: [SSDPTarget] = []
    var limits: SSDPLimits
    /// Whether the actions of each device's services are read too.
    var readsActions = false

    /// The pause between two datagrams of a round.
    private static let gap = Duration.milliseconds(30)
    /// When the rounds begin: UDP loses datagrams, and not all at the same moment (S-14).
    private static let rounds: [Duration] = [.zero, .milliseconds(300), .seconds(1)]
    /// How long a later round is listened for.
    static let laterRoundInterval = Duration.seconds(3)

    /// Looks for a gateway: its types first, and root devices, which some answer for alone, only
    /// when that has brought nothing (S-1).
    static let gateway: SSDPSearchPlan = {
        let types = [
            UPnPType(.device, "InternetGatewayDevice", version: 2),
            UPnPType(.device, "InternetGatewayDevice", version: 1),
            UPnPType(.service, "WANIPConnection", version: 1),
            UPnPType(.service, "WANPPPConnection", version: 1),
        ].map { SSDPTarget($0) }
        let all = types + [.rootDevices]
        return SSDPSearchPlan(
            sends: round(types, at: rounds[0]) + round(all, at: rounds[1])
                + round(all, at: rounds[2]),
            maximumWaitSeconds: 1, duration: .milliseconds(2500), laterRound: all, limits: .gateway)
    }()

    /// Lists devices: every one, or those that answer for `target`.
    static func scan(for target: SSDPTarget?, duration: Duration) -> SSDPSearchPlan {
        let targets = target.map { [$0] } ?? [.all, .rootDevices]
        return SSDPSearchPlan(
            sends: rounds.flatMap { round(targets, at: $0) }.filter { $0.offset < duration },
            maximumWaitSeconds: 2, duration: duration, limits: .scan)
    }

    /// The same with every datagram so much later.
    func delayed(by delay: Duration) -> SSDPSearchPlan {
        var plan = self
        for index in plan.sends.indices { plan.sends[index].offset += delay }
        return plan
    }

    /// One datagram for each target, a little apart from each other.
    static func round(_ targets: [SSDPTarget], at start: Duration) -> [Send] {
        targets.enumerated().map { Send(offset: start + gap * $0, target: $1) }
    }
}

/// How much of what answers is looked at (T-4).
struct SSDPLimits: Hashable, Sendable {
    /// Different LOCATIONs on one interface.
    var locationsPerInterface: Int
    /// Different LOCATIONs from one source.
    var locationsPerSource: Int
    /// Answers read, but those of default gateways.
    var replies: Int
    /// Descriptions fetched in one search, but those of default gateways.
    var descriptions: Int
    /// Descriptions fetched at a time, but those of default gateways.
    var simultaneousFetches: Int

    static let gateway = SSDPLimits(
        locationsPerInterface: 32, locationsPerSource: 4, replies: 512, descriptions: 16,
        simultaneousFetches: 4)
    static let scan = SSDPLimits(
        locationsPerInterface: 1024, locationsPerSource: 16, replies: 16_384, descriptions: 1024,
        simultaneousFetches: 8)
}
