import NATTraversal

/// The mappings of a simulated gateway, at most one for each transport and external port.
struct MappingTable: Sendable {
    /// Opens an external port to an internal endpoint, or says that it cannot be had.
    typealias Opener =
        @Sendable (TransportProtocol, _ externalPort: UInt16, _ to: SocketAddress)
        -> (any PortForwarding)?

    private(set) var mappings: [SimulatedMapping] = []
    /// Before this none of them ends; `nil` when all are permanent.
    private var firstEnd: ContinuousClock.Instant?
    private let open: Opener

    /// An empty table whose mappings get their traffic carried by what `open` returns.
    init(open: @escaping Opener) { self.open = open }

    /// The mapping of an internal endpoint that PCP or NAT-PMP made; by UPnP it may have others.
    func index(of transport: TransportProtocol, to endpoint: SocketAddress) -> Int? {
        // By index here and below: of a mapping that is passed to a closure every part is counted,
        // which took most of the time of a thousand mappings.
        mappings.indices.first {
            mappings[$0].transport == transport && mappings[$0].internalEndpoint == endpoint
                && mappings[$0].technique != .upnp
        }
    }

    /// The mapping of an external port.
    func index(of transport: TransportProtocol, externalPort: UInt16) -> Int? {
        mappings.indices.first {
            mappings[$0].externalPort == externalPort && mappings[$0].transport == transport
        }
    }

    /// Lets one mapping be changed where it stands; its endpoint and filters take effect with that.
    mutating func update(_ index: Int, _ change: (inout SimulatedMapping) -> Void) {
        change(&mappings[index])
        if let end = mappings[index].expiry { firstEnd = min(firstEnd ?? end, end) }
        mappings[index].forwarder.follow(
            ForwardingRules(
                endpoint: mappings[index].internalEndpoint, filters: mappings[index].filters))
    }

    /// Enters a mapping on the first of `ports` that can be had, and opens that port.
    ///
    /// - Returns: its index, or `nil` when none of the ports could be had.
    mutating func add(
        _ transport: TransportProtocol, to endpoint: SocketAddress, ports: some Sequence<UInt16>,
        technique: Technique, at now: ContinuousClock.Instant
    ) -> Int? {
        for port in ports where isFree(port, transport, for: endpoint.address) {
            guard let forwarder = open(transport, port, endpoint) else { continue }
            mappings.append(
                SimulatedMapping(
                    transport: transport, internalEndpoint: endpoint, externalPort: port,
                    technique: technique, created: now, forwarder: forwarder))
            return mappings.count - 1
        }
        return nil
    }

    /// Takes out every mapping that `isEnding` picks; the caller stops their forwarders.
    mutating func remove(where isEnding: (SimulatedMapping) -> Bool) -> [any PortForwarding] {
        let ended = mappings.filter(isEnding).map(\.forwarder)
        mappings.removeAll(where: isEnding)
        return ended
    }

    /// Takes out the mappings whose lifetime is over.
    mutating func expire(at now: ContinuousClock.Instant) -> [any PortForwarding] {
        guard let firstEnd, firstEnd <= now else { return [] }
        defer { self.firstEnd = mappings.compactMap(\.expiry).min() }
        return remove { mapping in mapping.expiry.map { $0 <= now } ?? false }
    }

    /// A line for each mapping, as the router's page shows them: transport, external port, internal
    /// endpoint, seconds left ("forever" when permanent), technique, description.
    func text(at now: ContinuousClock.Instant) -> String {
        mappings.map { mapping in
            let lease = mapping.expiry == nil ? "forever" : "\(mapping.remainingSeconds(at: now))"
            let words = [
                mapping.transport.rawValue, "\(mapping.externalPort)",
                "\(mapping.internalEndpoint)", lease, mapping.technique.rawValue,
                String(decoding: mapping.description, as: UTF8.self),
            ]
            return words.joined(separator: " ") + "\n"
        }.joined()
    }

    /// Whether `client` may have this port.
    ///
    /// A port of which one transport is somebody else's is kept for that one (RFC 6886,
    /// section 3.3), and UDP 5350 and 5351 are PCP's own (RFC 6887, section 11.3).
    private func isFree(
        _ port: UInt16, _ transport: TransportProtocol, for client: IPAddress
    ) -> Bool {
        if port == 0 || transport == .udp && (port == 5350 || port == 5351) { return false }
        return !mappings.indices.contains {
            mappings[$0].externalPort == port
                && (mappings[$0].transport == transport
                    || mappings[$0].internalEndpoint.address != client)
        }
    }

    /// The ports to try for a suggestion: it, those above it, then from 1024 on.
    ///
    /// Bounded, because each costs a bind(2).
    static func candidates(after suggested: UInt16) -> some Sequence<UInt16> {
        let above = (Int(suggested)...65535).prefix(1024)
        return (Array(above) + Array(1024..<2048)).map { UInt16(truncatingIfNeeded: $0) }
    }
}
