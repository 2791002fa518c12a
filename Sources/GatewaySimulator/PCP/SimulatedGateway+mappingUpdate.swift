import NATTraversal

extension SimulatedGateway {
    /// Changes every mapping of PCP as told, and sends each owner three copies of an answer that it
    /// has not asked for, 250 and 500 ms apart (RFC 6887, section 14.2).
    ///
    /// - Returns: when the last copy is sent.
    package func updateMappings(_ update: MappingUpdate) async {
        let (answers, ended) = state.withLock { $0.update(update, at: .now) }
        for forwarder in ended { await forwarder.stop() }
        for wait in [Duration.milliseconds(250), .milliseconds(500), .zero] {
            for answer in answers { try? socket?.send(answer.bytes, to: answer.client) }
            try? await Task.sleep(for: wait)
        }
    }
}
