import NATTraversal

/// What carries a mapping's traffic; a test of the table passes one that does nothing.
protocol PortForwarding: Sendable {
    /// Lets in only these peers from now on; with none, everybody.
    func setFilters(_ filters: [PeerFilter])
    /// Closes the port and everything that came in by it, and returns when that is done.
    func stop() async
}

/// A port that is open on the external address and leads to an internal endpoint.
final class PortForwarder: PortForwarding {
    private let filters: Locked<[PeerFilter]>
    /// Ends only by cancellation; `stop` waits for it.
    private let task: Task<Void, Never>

    /// Opens the port; what arrives is relayed from then on.
    ///
    /// - Throws: `SystemError` when the port cannot be bound.
    init(
        _ transport: TransportProtocol, from external: SocketAddress, to endpoint: SocketAddress
    ) throws(SystemError) {
        let filters = Locked<[PeerFilter]>([])
        let admits: @Sendable (SocketAddress) -> Bool = { peer in
            let filters = filters.withLock { $0 }
            return filters.isEmpty || filters.contains { $0.admits(peer) }
        }
        self.filters = filters
        switch transport {
        case .tcp:
            let relay = TCPRelay(
                listener: try StreamSocket(listeningOn: external), endpoint: endpoint,
                admits: admits)
            task = Task { await relay.run() }
        case .udp:
            let socket = try UDPSocket(external.address.family, receiveSize: 65536)
            // With one that is being closed it may share the port, with no other (UDPRelay).
            setAddressReuse(true, of: socket.descriptor)
            try socket.bind(to: external)
            setAddressReuse(false, of: socket.descriptor)
            let relay = UDPRelay(outside: socket, endpoint: endpoint, admits: admits)
            task = Task { await relay.run() }
        }
    }

    func setFilters(_ filters: [PeerFilter]) {
        self.filters.withLock { $0 = filters }
    }

    func stop() async {
        task.cancel()
        await task.value
    }
}
