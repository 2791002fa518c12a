import NATTraversal

/// A port that is open on the external address and leads to an internal endpoint.
final class PortForwarder: PortForwarding {
    private let rules: Locked<ForwardingRules>
    /// Ends only by cancellation; `stop` waits for it.
    private let task: Task<Void, Never>

    /// Opens the port; what arrives is relayed from then on.
    ///
    /// - Throws: `SystemError` when the port cannot be bound.
    init(
        _ transport: TransportProtocol, from external: SocketAddress, to endpoint: SocketAddress,
        on executor: GatewayExecutor
    ) throws(SystemError) {
        let rules = Locked(ForwardingRules(endpoint: endpoint))
        self.rules = rules
        switch transport {
        case .tcp:
            let relay = TCPRelay(
                listener: try StreamSocket(listeningOn: external), rules: rules)
            task = Task(executorPreference: executor) { await relay.run() }
        case .udp:
            let socket = try UDPSocket(external.address.family, receiveSize: 65536)
            // With one that is being closed it may share the port, with no other (UDPRelay).
            setAddressReuse(true, of: socket.descriptor)
            try socket.bind(to: external)
            setAddressReuse(false, of: socket.descriptor)
            let relay = UDPRelay(outside: socket, rules: rules)
            task = Task(executorPreference: executor) { await relay.run() }
        }
    }

    func follow(_ rules: ForwardingRules) {
        self.rules.withLock { $0 = rules }
    }

    func stop() async {
        task.cancel()
        await task.value
    }
}
