import NATTraversal

/// What becomes of a mapping without its owner having asked (RFC 6887, section 14.2).
package enum MappingUpdate: Sendable {
    /// It stays, and its external address is told as clients are told it now.
    case kept
    /// It gets another external port.
    case moved(to: UInt16)
    /// It is gone, for this result code.
    case revoked(code: UInt8)
}

extension GatewayState {
    /// A datagram for a client that has not asked.
    struct UnaskedAnswer {
        var bytes: [UInt8]
        var client: SocketAddress
    }

    /// Changes every mapping of PCP as told, and says so to each one's owner.
    mutating func update(
        _ update: MappingUpdate, at now: ContinuousClock.Instant
    ) -> (answers: [UnaskedAnswer], ended: [any PortForwarding]) {
        var answers: [UnaskedAnswer] = []
        var ended: [any PortForwarding] = []
        for mapping in table.mappings {
            guard let nonce = mapping.nonce, let client = mapping.client else { continue }
            var port = mapping.externalPort
            var result: UInt8 = 0
            var lifetime = mapping.remainingSeconds(at: now)
            switch update {
            case .kept: break
            case .moved(let other):
                ended += move(mapping, to: other, at: now)
                port = other
            case .revoked(let code):
                ended += remove(mapping)
                result = code
                lifetime = PCPResult(code).lifetimeSeconds
            }
            let header = pcpHeader([2, 1], result: result, lifetimeSeconds: lifetime, at: now)
            let body =
                nonce + [mapping.transport == .tcp ? 6 : 17, 0, 0, 0]
                + octets(mapping.internalEndpoint.port) + octets(port)
                + IPv6Address(mapping: reportedAddress).octets
            answers.append(UnaskedAnswer(bytes: header + body, client: client))
        }
        return (answers, ended)
    }

    private mutating func remove(_ mapping: SimulatedMapping) -> [any PortForwarding] {
        table.remove {
            $0.transport == mapping.transport && $0.externalPort == mapping.externalPort
        }
    }

    private mutating func move(
        _ mapping: SimulatedMapping, to port: UInt16, at now: ContinuousClock.Instant
    ) -> [any PortForwarding] {
        let ended = remove(mapping)
        let moved = table.add(
            mapping.transport, to: mapping.internalEndpoint, ports: [port], technique: .pcp, at: now
        )
        if let moved {
            table.update(moved) { entry in
                entry.nonce = mapping.nonce
                entry.client = mapping.client
                entry.expiry = mapping.expiry
                entry.filters = mapping.filters
                entry.description = mapping.description
            }
        }
        return ended
    }
}

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
