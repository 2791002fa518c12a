import NATTraversal

extension SimulatedGateway {
    /// More requests at once than this wait in the listener's queue.
    private static let connectionLimit = 32

    /// Answers HTTP until the task is cancelled, each connection once.
    func serveHTTP() async {
        if state.current.configuration.upnp.hasClosedPort { return }
        await withTaskGroup(of: Void.self) { group in
            var open = 0
            while !Task.isCancelled {
                guard let listener = web.withLock({ $0 }),
                    let (connection, client) = try? await listener.accept()
                else {
                    // Moved to another port, or out of descriptors for the moment.
                    try? await Task.sleep(for: .milliseconds(10))
                    continue
                }
                if open == Self.connectionLimit { await group.next() } else { open += 1 }
                group.addTask { try? await self.answer(connection, from: client) }
            }
            group.cancelAll()
        }
    }

    private func answer(_ connection: StreamSocket, from client: SocketAddress) async throws {
        let request = try await HTTPRequest(from: connection)
        let (reaction, faults) = state.withLock { state in
            (state.react(to: request, from: client, at: .now), state.faults)
        }
        for forwarder in reaction.ended { await forwarder.stop() }
        let answer: HTTPAnswer
        var framing = faults.upnp.framing
        switch reaction.reply {
        case .reset: return connection.resetOnClose()
        case .close: return
        case .silence: (answer, framing) = (HTTPAnswer(body: ""), .silent)
        case .answer(let laid): answer = laid
        }
        let delay = faults.delay + reaction.delay
        if delay > .zero { try await Task.sleep(for: delay) }
        if framing != .silent {
            let version = request.version == "HTTP/1.0" ? request.version : "HTTP/1.1"
            try await send(
                answer.encoded(framing, version: version), on: connection,
                byteInterval: faults.upnp.byteInterval)
        }
        while framing == .endless { try await connection.send(Array("<!-- more -->".utf8)) }
        // The client's side of the end; until then these leave it waiting.
        if framing == .stalled || framing == .silent { _ = try await connection.receiveAll() }
    }

    private func send(
        _ bytes: [UInt8], on connection: StreamSocket, byteInterval: Duration
    ) async throws {
        guard byteInterval > .zero else { return try await connection.send(bytes) }
        for byte in bytes {
            try await connection.send([byte])
            try await Task.sleep(for: byteInterval)
        }
    }
}
