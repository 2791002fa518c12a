import NATTraversal

/// Carries each connection to a mapped TCP port on to the program behind it.
struct TCPRelay: Sendable {
    /// More connections at once than this wait in the listener's queue.
    static let connectionLimit = 64

    let listener: StreamSocket
    let rules: Locked<ForwardingRules>

    /// Relays until the task is cancelled; nothing of it is left when this returns.
    func run() async {
        defer { listener.stopListening() }
        await withTaskGroup(of: Void.self) { group in
            var open = 0
            while !Task.isCancelled {
                guard let (connection, peer) = try? await listener.accept() else {
                    // Cancelled, or out of descriptors for the moment.
                    try? await Task.sleep(for: .milliseconds(10))
                    continue
                }
                guard rules.withLock({ $0.admit(peer) }) else {
                    connection.resetOnClose()
                    continue
                }
                if open == Self.connectionLimit { await group.next() } else { open += 1 }
                group.addTask { await relay(connection) }
            }
            group.cancelAll()
        }
    }

    private func relay(_ outside: StreamSocket) async {
        guard let inside = try? await StreamSocket.connect(to: rules.withLock { $0.endpoint })
        else {
            return outside.resetOnClose()
        }
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await Self.pump(from: outside, to: inside) }
            group.addTask { await Self.pump(from: inside, to: outside) }
            // One direction that ends in order leaves the other open; one that fails ends both.
            for await endedInOrder in group where !endedInOrder { group.cancelAll() }
        }
    }

    private static func pump(from source: StreamSocket, to sink: StreamSocket) async -> Bool {
        do {
            while true {
                let bytes = try await source.receive()
                if bytes.isEmpty { break }
                try await sink.send(bytes)
            }
            sink.finishSending()
            return true
        } catch {
            source.resetOnClose()
            sink.resetOnClose()
            return false
        }
    }
}
