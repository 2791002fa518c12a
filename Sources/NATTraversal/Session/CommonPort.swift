/// The search for one external port for tcp and udp, after a gateway has granted two.
///
/// It decides which port is asked for next; asking is `MappingTransaction`'s.
struct CommonPort: Sendable {
    /// How many ports are tried.
    static let tryLimit = 8

    /// The ports that are not to be had for both.
    private var tried: Set<PortNumber>
    private var tries = 0

    /// - Parameter refused: the ports that one of the two was refused before the search.
    init(refused: Set<PortNumber>) { tried = refused }

    /// The next port to ask for: the port of tcp, that of udp, then the next ports above.
    ///
    /// - Parameters:
    ///   - tcp: the external port that tcp was granted.
    ///   - udp: the external port that udp was granted.
    /// - Returns: `nil` when both are the same, or no port is left to be tried.
    mutating func next(tcp: PortNumber, udp: PortNumber) -> PortNumber? {
        guard tcp != udp, tries < Self.tryLimit else { return nil }
        let above = (max(tcp, udp).rawValue...UInt16.max).lazy.compactMap {
            PortNumber(rawValue: $0)
        }
        guard
            let port = [tcp, udp].first(where: { !tried.contains($0) })
                ?? above.first(where: { !tried.contains($0) })
        else { return nil }
        tries += 1
        tried.insert(port)
        return port
    }
}

extension [MappingAttempt] {
    /// The places of tcp and udp of each pair.
    var pairs: [(tcp: Int, udp: Int)] {
        let paired = indices.filter { self[$0].request.isPaired }
        var places: [Lease.Key: Int] = [:]
        for udp in paired where self[udp].key.transport == .udp {
            var key = self[udp].key
            key.transport = .tcp
            places[key] = udp
        }
        return paired.compactMap { tcp in places[self[tcp].key].map { (tcp, $0) } }
    }

    /// The external ports of a pair that was granted two different ones; `nil` when neither is
    /// newly mapped, because the same command again is to move and say nothing.
    func newPorts(of pair: (tcp: Int, udp: Int)) -> (tcp: PortNumber, udp: PortNumber)? {
        let (first, second) = (self[pair.tcp], self[pair.udp])
        guard first.plan != .renewal || second.plan != .renewal,
            let tcp = first.grant?.externalPort, let udp = second.grant?.externalPort, tcp != udp
        else { return nil }
        return (tcp, udp)
    }
}
