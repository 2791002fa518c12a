import NATTraversal

extension GatewayState {
    /// Enters a mapping, or renews or redirects the client's own one of that external port.
    ///
    /// - Parameters:
    ///   - request: what is asked for.
    ///   - isAny: whether another port than the wanted one will do (AddAnyPortMapping).
    ///   - client: who asks.
    ///   - now: the present.
    /// - Returns: the external port.
    /// - Throws: the refusal that the specification or a fault wants.
    mutating func add(
        _ request: UPnPMappingRequest, isAny: Bool, from client: SocketAddress,
        at now: ContinuousClock.Instant
    ) throws(UPnPError) -> UInt16 {
        try check(request, from: client)
        let isDropped = faults.upnp.dropsTimedMappings && isTimed(request)
        if faults.grantsWithoutMapping || isDropped { return request.externalPort }
        let index: Int
        if let present = table.index(of: request.transport, externalPort: request.externalPort),
            isOwn(table.mappings[present], for: request)
        {
            if faults.upnp.ignoresRenewals { return request.externalPort }
            index = present
        } else {
            guard
                let added = table.add(
                    request.transport, to: request.endpoint,
                    ports: ports(for: request, isAny: isAny), technique: .upnp, at: now)
            else { throw UPnPError(isAny ? 728 : 718) }
            index = added
        }
        let expiry = expiry(of: request, at: now)
        table.update(index) { mapping in
            mapping.internalEndpoint = request.endpoint
            mapping.expiry = expiry
            mapping.description = Array(request.description.utf8)
            mapping.remoteHost = request.remoteHost
            mapping.filters =
                IPv4Address(request.remoteHost).map {
                    [PeerFilter(IPv6Address(mapping: $0))]
                } ?? []
        }
        return table.mappings[index].externalPort
    }

    private func isOwn(_ mapping: SimulatedMapping, for request: UPnPMappingRequest) -> Bool {
        mapping.technique == .upnp
            && mapping.internalEndpoint.address == request.endpoint.address
    }

    private func ports(for request: UPnPMappingRequest, isAny: Bool) -> [UInt16] {
        var ports = [request.externalPort]
        if isAny { ports = Array(MappingTable.candidates(after: request.externalPort)) }
        return faults.grantedPort == .another && isAny ? Array(ports.dropFirst()) : ports
    }

    /// The policy of the gateway, and the refusals it was told to make.
    private func check(
        _ request: UPnPMappingRequest, from client: SocketAddress
    ) throws(UPnPError) {
        let faults = faults.upnp
        let isSecond = configuration.upnp.version >= 2
        if configuration.upnp.isSecure {
            if request.endpoint.address != client.address { throw UPnPError(isSecond ? 606 : 718) }
            if isSecond, min(request.externalPort, request.endpoint.port) < 1024 {
                throw UPnPError(606)
            }
        }
        if let code = faults.timedLeaseRefusal, isTimed(request) { throw UPnPError(code) }
        if let code = faults.longDescriptionRefusal, request.description.utf8.count > 32 {
            throw UPnPError(code)
        }
        if faults.wantsSamePorts, request.externalPort != request.endpoint.port {
            throw UPnPError(724)
        }
        if faults.refusesRemoteHosts, !request.remoteHost.isEmpty { throw UPnPError(726) }
    }

    /// Whether a lease is meant to end; on a version 2 gateway a week stands for a permanent one.
    private func isTimed(_ request: UPnPMappingRequest) -> Bool {
        request.leaseSeconds != 0
            && !(configuration.upnp.version >= 2 && request.leaseSeconds == 604800)
    }

    /// The end of a lease: in version 2 a week at most and where 0 is asked for, in version 1 never
    /// where 0 is asked for.
    private func expiry(
        of request: UPnPMappingRequest, at now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant? {
        if faults.upnp.ignoresLeases { return nil }
        if let seconds = faults.grantedLifetimeSeconds { return now + .seconds(seconds) }
        var seconds = request.leaseSeconds
        if configuration.upnp.version >= 2 {
            seconds = seconds == 0 ? 604800 : min(seconds, 604800)
        }
        return seconds == 0 ? nil : now + .seconds(seconds)
    }

    /// Deletes the entry of an external port; another client's is not authorised.
    mutating func delete(
        _ call: SOAPCall, from client: SocketAddress
    ) throws(UPnPError) -> [any PortForwarding] {
        let index = try index(of: call)
        let meant = table.mappings[index]
        guard Self.mayDelete(meant, client, configuration) else { throw UPnPError(606) }
        return table.remove {
            $0.externalPort == meant.externalPort && $0.transport == meant.transport
        }
    }

    /// Deletes the client's entries of a range.
    mutating func deleteRange(
        _ call: SOAPCall, from client: SocketAddress
    ) throws(UPnPError) -> [any PortForwarding] {
        let range = try PortRange(call)
        let configuration = configuration
        let ended = table.remove {
            range.contains($0) && Self.mayDelete($0, client, configuration)
        }
        if ended.isEmpty { throw UPnPError(730) }
        return ended
    }

    private static func mayDelete(
        _ mapping: SimulatedMapping, _ client: SocketAddress, _ configuration: GatewayConfiguration
    ) -> Bool {
        !configuration.upnp.isSecure
            || mapping.technique == .upnp && mapping.internalEndpoint.address == client.address
    }
}
