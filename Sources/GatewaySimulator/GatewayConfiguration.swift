package import NATTraversal

/// What a simulated gateway is; its misbehaviour, `GatewayFaults`, is a part that can change later.
package struct GatewayConfiguration: Sendable {
    /// Where the LAN finds it; port 0 for any that is free.
    package var gateway = SocketAddress(.v4(.loopback), port: 0)
    /// Where mapped ports are opened, an address of this host.
    ///
    /// `nil` for one that no other simulator on this machine has: 127.128.0.0 plus the gateway's
    /// port.
    package var externalAddress: IPv4Address?
    /// What clients are told instead of `externalAddress`.
    package var reportedAddress: IPv4Address?
    /// The protocols it speaks.
    package var techniques: Set<Technique> = [.pcp, .natPMP]
    /// What it is where `techniques` has UPnP.
    package var upnp = UPnPConfiguration()
    /// Whether nothing listens on the gateway's port, so that the host answers with ICMP.
    ///
    /// So it is in any case where only UPnP is spoken.
    package var hasClosedPort = false
    /// Whether a PCP client may map for another host (RFC 6887, section 13.1).
    package var allowsThirdParty = false
    /// The seconds that PCP grants.
    package var lifetimeSeconds: ClosedRange<UInt32> = 120...86400
    /// The epoch at the start.
    package var epochSeconds: UInt32 = 0
    /// Where a restart or a new external address is announced, 224.0.0.1:5350 by the RFCs; `nil` for
    /// nowhere.
    package var announcesTo: SocketAddress?
    /// The seed of everything random, so that a run can be had again.
    package var seed: UInt64 = 1
    /// What it does wrong from the start.
    package var faults = GatewayFaults()

    /// A gateway that behaves.
    package init() {}
}
