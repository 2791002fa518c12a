import NATTraversal

/// What carries a mapping's traffic; a test of the table passes one that does nothing.
protocol PortForwarding: Sendable {
    /// Lets traffic through as `rules` say from now on.
    func follow(_ rules: ForwardingRules)
    /// Closes the port and everything that came in by it, and returns when that is done.
    func stop() async
}

/// Where traffic goes, and whose.
struct ForwardingRules: Sendable {
    var endpoint: SocketAddress
    /// The peers let in; with none, everybody.
    var filters: [PeerFilter] = []

    func admit(_ peer: SocketAddress) -> Bool {
        filters.isEmpty || filters.contains { $0.admits(peer) }
    }
}
