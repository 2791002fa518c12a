import NATTraversal

extension SimulatedGateway {
    /// Answers datagrams until the task is cancelled.
    func serve() async {
        guard let socket else { return }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard let datagram = try? await socket.receive(until: .now + .seconds(3600)) else {
                    continue
                }
                let faults = faults
                if faults.processingTime > .zero {
                    try? await Task.sleep(for: faults.processingTime)
                }
                guard let answers = await answers(to: datagram) else { continue }
                let operation = GatewayOperation(datagram: datagram.payload)
                let delay = faults.delay + (faults.answerDelays[operation] ?? .zero)
                group.addTask {
                    if delay > .zero { try? await Task.sleep(for: delay) }
                    self.send(answers, to: datagram.source, with: faults)
                }
            }
            group.cancelAll()
        }
    }

    /// Carries a request out; every copy of the answer that is to be sent, or `nil`.
    private func answers(to datagram: Datagram) async -> [[UInt8]]? {
        // First, so that the port of a mapping that has just ended can be had again.
        await end { $0.table.expire(at: .now) }
        let reaction = state.withLock { state in
            state.react(to: datagram.payload, from: datagram.source, at: .now)
        }
        // Before the answer, so that a client that has it finds the port closed.
        for forwarder in reaction.ended { await forwarder.stop() }
        guard let answer = reaction.answer else { return nil }
        let faults = faults
        let bad = faults.corruption?.spoil(answer) ?? answer
        let copies = faults.corruptsOnlyFirstCopy ? [bad, answer] : [bad]
        return copies + Array(repeating: copies[copies.count - 1], count: faults.duplicates)
    }

    private func send(_ answers: [[UInt8]], to client: SocketAddress, with faults: GatewayFaults) {
        guard let socket, let source = try? answeringSocket(faults.answerSource, instead: socket)
        else { return }
        for answer in answers where !state.withLock({ $0.isLost() }) {
            // A client that has gone is no business of the gateway's.
            try? source.send(answer, to: client)
        }
    }

    /// The socket to answer from: the gateway's own or, as a fault, a new one elsewhere.
    private func answeringSocket(
        _ source: GatewayFaults.AnswerSource, instead socket: UDPSocket
    ) throws -> UDPSocket {
        let local: SocketAddress
        switch source {
        case .gateway: return socket
        case .anotherPort: local = SocketAddress(gateway.address, port: 0)
        case .anotherAddress: local = SocketAddress(.v4(externalAddress), port: gateway.port)
        }
        let other = try UDPSocket(gateway.address.family)
        try other.bind(to: local)
        return other
    }
}
