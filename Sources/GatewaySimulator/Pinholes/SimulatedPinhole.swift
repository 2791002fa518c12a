package import NATTraversal

/// A port of a LAN host that the simulated gateway's IPv6 firewall lets in.
package struct SimulatedPinhole: Sendable {
    /// The transport whose port is open.
    package var transport: TransportProtocol
    /// The address and port that are open.
    package var endpoint: SocketAddress
    /// The only peer that may come in, as its owner wrote it; empty for everybody.
    package var remoteHost = ""
    /// Its UniqueID in UPnP; the numbers start at 1 again after a restart.
    package var identifier: UInt16
    /// The technique by which it was made.
    package var technique: Technique
    /// The 12 bytes that PCP's owner must repeat; `nil` for UPnP's, and where it was forgotten.
    package var nonce: [UInt8]?
    /// When it closes.
    package var expiry: ContinuousClock.Instant

    /// The whole seconds left at `now`, rounded up.
    package func remainingSeconds(at now: ContinuousClock.Instant) -> UInt32 {
        let seconds = (now.duration(to: expiry) / .seconds(1)).rounded(.up)
        return UInt32(max(0, min(seconds, Double(UInt32.max))))
    }
}

/// The open ports of a simulated gateway, which PCP and UPnP share.
struct PinholeTable: Sendable {
    private(set) var pinholes: [SimulatedPinhole] = []
    private var lastIdentifier: UInt16 = 0

    /// The pinhole of an endpoint and a peer.
    func index(
        of transport: TransportProtocol, to endpoint: SocketAddress, from remoteHost: String
    ) -> Int? {
        pinholes.firstIndex {
            $0.transport == transport && $0.endpoint == endpoint && $0.remoteHost == remoteHost
        }
    }

    func index(of identifier: UInt16) -> Int? {
        pinholes.firstIndex { $0.identifier == identifier }
    }

    /// Opens a port, or renews one that is open.
    ///
    /// - Returns: its index.
    mutating func open(
        _ transport: TransportProtocol, to endpoint: SocketAddress, from remoteHost: String = "",
        by technique: Technique, nonce: [UInt8]? = nil, until expiry: ContinuousClock.Instant
    ) -> Int {
        if let present = index(of: transport, to: endpoint, from: remoteHost) {
            pinholes[present].expiry = expiry
            return present
        }
        lastIdentifier &+= 1
        pinholes.append(
            SimulatedPinhole(
                transport: transport, endpoint: endpoint, remoteHost: remoteHost,
                identifier: lastIdentifier, technique: technique, nonce: nonce, expiry: expiry))
        return pinholes.count - 1
    }

    mutating func update(_ index: Int, _ change: (inout SimulatedPinhole) -> Void) {
        change(&pinholes[index])
    }

    mutating func close(_ index: Int) { pinholes.remove(at: index) }

    mutating func expire(at now: ContinuousClock.Instant) {
        pinholes.removeAll { $0.expiry <= now }
    }

    /// Closes everything and counts from 1 again, as a restart does.
    mutating func restart() { self = PinholeTable() }

    /// A line for each, in the form of the mappings: transport, port, endpoint, seconds left,
    /// technique, and the only peer that may come in.
    func text(at now: ContinuousClock.Instant) -> String {
        pinholes.map { pinhole in
            let words = [
                pinhole.transport.rawValue, "\(pinhole.endpoint.port)", "\(pinhole.endpoint)",
                "\(pinhole.remainingSeconds(at: now))", pinhole.technique.rawValue,
                pinhole.remoteHost,
            ]
            return words.joined(separator: " ") + "\n"
        }.joined()
    }
}
