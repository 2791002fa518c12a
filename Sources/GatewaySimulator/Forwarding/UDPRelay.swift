import NATTraversal

/// Carries datagrams to a mapped UDP port on to the program behind it, and its answers back.
///
/// Each peer outside has its own socket inside, so that the program can tell them apart.
struct UDPRelay: Sendable {
    /// Datagrams of further peers are lost, as in a full translation table.
    static let peerLimit = 256
    /// A peer that was not answered for this long is forgotten.
    static let idleLimit = Duration.seconds(60)

    let outside: UDPSocket
    let rules: Locked<ForwardingRules>

    /// Relays until the task is cancelled; nothing of it is left when this returns.
    func run() async {
        // Its port can be had again at once, also while others still have the descriptor: poll(2),
        // or a child process that is just being started.
        defer { setAddressReuse(true, of: outside.descriptor) }
        let peers = Locked<[SocketAddress: UDPSocket]>([:])
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let datagram: Datagram?
                do {
                    datagram = try await outside.receive(until: .now + Self.idleLimit)
                } catch is CancellationError {
                    break
                } catch {
                    // An ICMP error about a datagram that an earlier peer no longer wanted.
                    continue
                }
                guard let datagram, rules.withLock({ $0.admit(datagram.source) }) else { continue }
                let peer = datagram.source
                if let inside = peers.withLock({ $0[peer] }) {
                    try? inside.send(datagram.payload)
                } else if peers.withLock({ $0.count }) < Self.peerLimit,
                    let inside = try? connectedSocket()
                {
                    peers.withLock { $0[peer] = inside }
                    try? inside.send(datagram.payload)
                    group.addTask {
                        await carryBack(from: inside, to: peer)
                        peers.withLock { $0[peer] = nil }
                    }
                }
            }
            group.cancelAll()
        }
    }

    private func connectedSocket() throws(SystemError) -> UDPSocket {
        let endpoint = rules.withLock { $0.endpoint }
        let socket = try UDPSocket(endpoint.address.family, receiveSize: 65536)
        try socket.connect(to: endpoint)
        return socket
    }

    private func carryBack(from inside: UDPSocket, to peer: SocketAddress) async {
        while true {
            do {
                guard let datagram = try await inside.receive(until: .now + Self.idleLimit) else {
                    return
                }
                try outside.send(datagram.payload, to: peer)
            } catch is SystemError {
                // Nobody listens inside just now; the peer may try again.
                continue
            } catch {
                return
            }
        }
    }
}
