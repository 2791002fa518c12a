package import NATTraversal

/// An entry of the simulated gateway's table.
package struct SimulatedMapping: Sendable {
    /// The transport whose port is mapped.
    package var transport: TransportProtocol
    /// The address and port behind the gateway.
    package var internalEndpoint: SocketAddress
    /// The port on the gateway's external address.
    package var externalPort: UInt16
    /// The technique by which it was made; it alone may change or delete it.
    package var technique: Technique
    /// The 12 bytes that PCP's owner must repeat; `nil` for the other techniques.
    package var nonce: [UInt8]?
    /// The socket from which PCP's owner last asked for it; `nil` for the other techniques.
    package var client: SocketAddress?
    /// When it was made.
    package var created: ContinuousClock.Instant
    /// The only peer that may come in, as UPnP's owner wrote it; empty for everybody.
    package var remoteHost = ""
    /// When it ends; `nil` when it is permanent.
    package var expiry: ContinuousClock.Instant?
    /// What the owner calls it, as UTF-8.
    package var description: [UInt8] = []
    /// The peers that may come in; with none, everybody may.
    package var filters: [PeerFilter] = []

    /// What carries its traffic.
    var forwarder: any PortForwarding

    /// The whole seconds left at `now`, rounded up; UInt32's highest value for a permanent one.
    func remainingSeconds(at now: ContinuousClock.Instant) -> UInt32 {
        guard let expiry else { return .max }
        let seconds = (now.duration(to: expiry) / .seconds(1)).rounded(.up)
        return UInt32(max(0, min(seconds, Double(UInt32.max))))
    }
}
