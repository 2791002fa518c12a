import NATTraversal

extension GatewayState {
    /// Makes, renews or deletes a mapping (RFC 6887, sections 11.3 and 15.1).
    mutating func react(
        to map: MapQuestion, _ request: [UInt8], from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) throws(PCPResult) -> Reaction {
        if isIPv6 { return try openByPCP(map, request, from: client, at: now) }
        let endpoint = try endpoint(of: map, from: client)
        if map.lifetimeSeconds == 0 {
            let ended = try delete(map, endpoint, at: now)
            // Port and address come back as they were sent.
            return Reaction(
                answer: pcpHeader(request, lifetimeSeconds: 0, at: now) + request[24..<60]
                    + map.options.processed, ended: ended)
        }
        let grant = try grant(map, endpoint, at: now)
        if let index = grant.index { table.update(index) { $0.client = client } }
        return Reaction(
            answer: pcpHeader(request, lifetimeSeconds: grant.lifetimeSeconds, at: now)
                + request[24..<42] + octets(grant.externalPort)
                + IPv6Address(mapping: reportedAddress).octets + map.options.processed)
    }

    /// The client's own address and the port, or THIRD_PARTY's address (section 13.1).
    private func endpoint(
        of map: MapQuestion, from client: SocketAddress
    ) throws(PCPResult) -> SocketAddress {
        guard let thirdParty = map.options.thirdParty else {
            return SocketAddress(client.address, port: map.internalPort)
        }
        guard configuration.allowsThirdParty else { throw .unsupportedOption }
        guard thirdParty != client.mappedAddress, let address = thirdParty.mappedIPv4 else {
            throw .malformedRequest
        }
        return SocketAddress(.v4(address), port: map.internalPort)
    }

    /// Deletes with success what is there or not; what another nonce or technique owns is refused.
    private mutating func delete(
        _ map: MapQuestion, _ endpoint: SocketAddress, at now: ContinuousClock.Instant
    ) throws(PCPResult) -> [any PortForwarding] {
        guard let index = table.index(of: map.transport, to: endpoint) else { return [] }
        let mapping = table.mappings[index]
        guard mapping.technique == .pcp, mapping.nonce == map.nonce else {
            throw .notAuthorized(for: mapping.remainingSeconds(at: now))
        }
        return table.remove {
            $0.transport == map.transport && $0.internalEndpoint == endpoint
        }
    }

    private mutating func grant(
        _ map: MapQuestion, _ endpoint: SocketAddress, at now: ContinuousClock.Instant
    ) throws(PCPResult) -> Grant {
        let external = map.suggestedAddress.mappedIPv4 ?? .unspecified
        let isForeign = external != .unspecified && external != reportedAddress
        if map.options.prefersFailure, isForeign { throw .cannotProvideExternal }
        if faults.refusesAnyAddress, external == .unspecified { throw .cannotProvideExternal }
        let limits = configuration.lifetimeSeconds
        let wish = MappingWish(
            transport: map.transport, endpoint: endpoint, suggestedPort: map.suggestedPort,
            isExact: map.options.prefersFailure,
            lifetimeSeconds: min(max(map.lifetimeSeconds, limits.lowerBound), limits.upperBound),
            technique: .pcp, nonce: map.nonce)
        do throws(Denial) {
            let grant = try grant(wish, at: now)
            if let index = grant.index { apply(map.options, to: index) }
            return grant
        } catch {
            switch error {
            case .owned(let seconds): throw .notAuthorized(for: seconds)
            case .noPort: throw wish.isExact ? .cannotProvideExternal : .noResources
            case .refused(let refusal): throw PCPResult(refusal)
            }
        }
    }

    /// Adds to a mapping's filters and renames it (sections 13.3 and RFC 7220).
    private mutating func apply(_ options: PCPOptions, to index: Int) {
        table.update(index) { mapping in
            for filter in options.filters {
                if filter.prefixLength == 0 {
                    mapping.filters = []
                } else if !mapping.filters.contains(filter) {
                    mapping.filters.append(filter)
                }
            }
            if let description = options.description { mapping.description = description }
        }
    }
}
