import NATTraversal

extension GatewayState {
    /// Opens, renews or closes a port by PCP over IPv6: nothing is translated.
    mutating func openByPCP(
        _ map: MapQuestion, _ request: [UInt8], from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) throws(PCPResult) -> Reaction {
        let endpoint = SocketAddress(
            .v6(try pinholeClient(of: map, from: client)), port: map.internalPort)
        let present = pinholes.index(of: map.transport, to: endpoint, from: "")
        if map.lifetimeSeconds == 0 {
            if let present {
                try requireNonce(of: present, map, at: now)
                pinholes.close(present)
            }
            return Reaction(
                answer: pcpHeader(request, lifetimeSeconds: 0, at: now) + request[24..<60]
                    + map.options.processed)
        }
        if map.options.prefersFailure, map.suggestedAddress != .unspecified,
            .v6(map.suggestedAddress) != endpoint.address
        {
            throw .cannotProvideExternal
        }
        let limits = configuration.lifetimeSeconds
        let lifetime =
            faults.grantedLifetimeSeconds
            ?? min(max(map.lifetimeSeconds, limits.lowerBound), limits.upperBound)
        if let present {
            if !faults.pinholes.forgetsNonces { try requireNonce(of: present, map, at: now) }
            if faults.renewalRefusal?.applies() == true, let refusal = faults.renewalRefusal {
                throw PCPResult(refusal)
            }
        } else if pinholes.pinholes.count >= faults.pinholes.limit {
            throw .noResources
        }
        if !faults.grantsWithoutMapping {
            let index = pinholes.open(
                map.transport, to: endpoint, by: .pcp, nonce: map.nonce,
                until: now + .seconds(lifetime))
            if present != nil, faults.pinholes.forgetsNonces {
                pinholes.update(index) { $0.nonce = nil }
            }
        }
        let echoes = present != nil && faults.pinholes.echoesPorts
        return Reaction(
            answer: pcpHeader(request, lifetimeSeconds: lifetime, at: now) + request[24..<42]
                + octets(echoes ? map.suggestedPort : map.internalPort)
                + endpoint.address.octets + map.options.processed)
    }

    private func pinholeClient(
        of map: MapQuestion, from client: SocketAddress
    ) throws(PCPResult) -> IPv6Address {
        guard let thirdParty = map.options.thirdParty else { return client.mappedAddress }
        guard configuration.allowsThirdParty else { throw .unsupportedOption }
        return thirdParty
    }

    private func requireNonce(
        of index: Int, _ map: MapQuestion, at now: ContinuousClock.Instant
    ) throws(PCPResult) {
        let pinhole = pinholes.pinholes[index]
        guard pinhole.nonce == map.nonce else {
            throw .notAuthorized(for: pinhole.remainingSeconds(at: now))
        }
    }
}
