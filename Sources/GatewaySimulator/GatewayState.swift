import NATTraversal

/// Everything that changes while a simulated gateway runs, and every decision about it.
///
/// It waits for nothing: a request and the time go in, the answer's bytes come out.
struct GatewayState: Sendable {
    var configuration: GatewayConfiguration
    /// Where the external ports are, and what clients are told of it.
    var externalAddress: IPv4Address
    var reportedAddress: IPv4Address
    var table: MappingTable
    /// The pinholes in its firewall, if it listens on an IPv6 address.
    var pinholes = PinholeTable()
    var log = RequestLog()
    var epoch: GatewayEpoch
    var random: SeededGenerator
    /// What UPnP counts restarts by.
    var bootIdentifier = 1

    var faults: GatewayFaults {
        get { configuration.faults }
        set { configuration.faults = newValue }
    }

    /// Whether it is an IPv6 router, which has no NAT-PMP and opens ports instead of mapping them.
    var isIPv6: Bool { configuration.gateway.address.family == .ipv6 }

    /// What follows from a request.
    struct Reaction {
        /// The answer; `nil` for none.
        var answer: [UInt8]?
        /// The forwarding of ended mappings, to be closed before the answer is sent.
        var ended: [any PortForwarding] = []
    }

    init(
        _ configuration: GatewayConfiguration, externalAddress: IPv4Address,
        at now: ContinuousClock.Instant, open: @escaping MappingTable.Opener
    ) {
        self.configuration = configuration
        self.externalAddress = externalAddress
        reportedAddress = configuration.reportedAddress ?? externalAddress
        table = MappingTable(open: open)
        epoch = GatewayEpoch(
            secondsAtStart: configuration.epochSeconds, rate: configuration.faults.epochRate,
            at: now)
        random = SeededGenerator(seed: configuration.seed)
    }

    /// Does what a datagram asks, by the protocol that its first byte names.
    mutating func react(
        to datagram: [UInt8], from client: SocketAddress, at now: ContinuousClock.Instant
    ) -> Reaction {
        let operation = GatewayOperation(datagram: datagram)
        log.append(.init(operation: operation, client: client, bytes: datagram, instant: now))
        let expired = table.expire(at: now)
        pinholes.expire(at: now)
        guard !faults.silence.covers(version: datagram.first), !isLost() else {
            return Reaction(ended: expired)
        }
        var reaction =
            switch (datagram.first, configuration.techniques.contains(.pcp)) {
            case (nil, _): Reaction()
            case (0, _) where configuration.techniques.contains(.natPMP) && !isIPv6:
                reactToNATPMP(datagram, operation, from: client, at: now)
            case (_, true): reactToPCP(datagram, operation, from: client, at: now)
            case (_, false):
                // The deployed form of the version error, 8 bytes (N-1).
                Reaction(
                    answer: [0, 0x80 | (datagram.dropFirst().first ?? 0), 0, 1]
                        + octets(epoch.seconds(at: now)))
            }
        reaction.ended += expired
        return reaction
    }

    /// Forgets every mapping and starts the epoch anew, as a restart does, unless its fault is that the
    /// epoch goes on.
    mutating func restart(at now: ContinuousClock.Instant) -> [any PortForwarding] {
        if !faults.keepsEpoch { epoch = GatewayEpoch(rate: faults.epochRate, at: now) }
        bootIdentifier += 1
        pinholes.restart()
        return table.remove { _ in true }
    }

    /// What it tells everybody after a restart or with a new address, by PCP and NAT-PMP.
    func announcements(at now: ContinuousClock.Instant) -> [[UInt8]] {
        let seconds = octets(epoch.seconds(at: now))
        var announcements: [[UInt8]] = []
        if configuration.techniques.contains(.natPMP), !isIPv6 {
            announcements.append([0, 128, 0, 0] + seconds + reportedAddress.octets)
        }
        if configuration.techniques.contains(.pcp) {
            announcements.append(pcpHeader([2, 0], lifetimeSeconds: 0, at: now))
        }
        return announcements
    }

    /// Draws whether a datagram gets lost.
    mutating func isLost() -> Bool {
        faults.lossPercent > 0 && Int.random(in: 0..<100, using: &random) < faults.lossPercent
    }
}

/// Random numbers that are the same for the same seed (SplitMix64).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
