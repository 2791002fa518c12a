import NATTraversal

/// A mapping as a client of PCP or NAT-PMP asks for it.
struct MappingWish {
    var transport: TransportProtocol
    var endpoint: SocketAddress
    /// 0 where the client has no preference.
    var suggestedPort: UInt16
    /// Whether another port than the suggested one is no use (PREFER_FAILURE).
    var isExact = false
    var lifetimeSeconds: UInt32
    var technique: Technique
    var nonce: [UInt8]?
}

extension GatewayState {
    /// What a client is told of a mapping that was made or renewed.
    struct Grant {
        var externalPort: UInt16
        var lifetimeSeconds: UInt32
        /// Its place in the table; `nil` when it is only claimed to be there.
        var index: Int?
    }

    /// Why there is no mapping.
    enum Denial: Error {
        /// It belongs to another nonce or technique for these seconds.
        case owned(remainingSeconds: UInt32)
        /// No port that would do is free.
        case noPort
        /// It is a fault.
        case refused(GatewayFaults.Refusal)
    }

    /// Makes a mapping, or renews the one that the internal endpoint has (RFC 6887, section 15.1).
    mutating func grant(
        _ wish: MappingWish, at now: ContinuousClock.Instant
    ) throws(Denial) -> Grant {
        let lifetime = faults.grantedLifetimeSeconds ?? wish.lifetimeSeconds
        if faults.grantedPort == .zero || faults.grantsWithoutMapping {
            let port = faults.grantedPort == .zero ? 0 : preferredPort(of: wish)
            return Grant(externalPort: port, lifetimeSeconds: lifetime)
        }
        let index: Int
        if let present = table.index(of: wish.transport, to: wish.endpoint) {
            let mapping = table.mappings[present]
            guard mapping.technique == wish.technique, mapping.nonce == wish.nonce else {
                throw .owned(remainingSeconds: mapping.remainingSeconds(at: now))
            }
            if faults.renewalRefusal?.applies() == true, let refusal = faults.renewalRefusal {
                throw .refused(refusal)
            }
            if wish.isExact, mapping.externalPort != wish.suggestedPort { throw .noPort }
            index = present
        } else {
            guard
                let added = table.add(
                    wish.transport, to: wish.endpoint, ports: ports(for: wish),
                    technique: wish.technique, at: now)
            else { throw .noPort }
            index = added
        }
        table.update(index) { mapping in
            mapping.nonce = wish.nonce
            mapping.expiry = now + .seconds(lifetime)
        }
        return Grant(
            externalPort: table.mappings[index].externalPort, lifetimeSeconds: lifetime,
            index: index)
    }

    private func preferredPort(of wish: MappingWish) -> UInt16 {
        wish.suggestedPort == 0 ? wish.endpoint.port : wish.suggestedPort
    }

    private func ports(for wish: MappingWish) -> [UInt16] {
        let preferred = preferredPort(of: wish)
        if faults.grantedPort == .another {
            let others = MappingTable.candidates(after: preferred).filter { $0 != preferred }
            return wish.isExact ? [] : others
        }
        return wish.isExact ? [preferred] : Array(MappingTable.candidates(after: preferred))
    }
}
