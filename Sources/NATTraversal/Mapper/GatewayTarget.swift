import Glibc

/// A gateway to ask, with everything needed to open a socket to it.
struct GatewayTarget: Hashable, Sendable {
    /// Its address and the port of PCP and NAT-PMP.
    var socketAddress: SocketAddress
    /// The interface to use, unless the routes decide.
    var interface: String?
    /// The URL of its UPnP description, unless a search is to find it.
    var location: HTTPURL?
    /// Whether the user has named it, so that a device at another address is never it, however it
    /// answers (S-9).
    var isNamed = false

    /// The address as leases and messages name it, with its port when that is not 5351.
    var name: GatewayAddress { GatewayAddress(socketAddress) }

    /// Opens the socket.
    ///
    /// - Throws: `PortMapperError`; `.system` with EADDRNOTAVAIL when `source` is not this host's.
    func socket(from source: IPAddress? = nil) throws(PortMapperError) -> GatewaySocket {
        do throws(SystemError) {
            return try GatewaySocket(to: socketAddress, from: source, interface: interface)
        } catch {
            switch (error.code, interface) {
            case (ENODEV, let name?): throw .noSuchInterface(name)
            case (ENETUNREACH, _), (EHOSTUNREACH, _): throw .closed(gateway: name, cause: error)
            default: throw .system(error)
            }
        }
    }
}

extension GatewaySelection {
    /// Checks that the interface named by the user exists.
    ///
    /// - Throws: `PortMapperError.noSuchInterface`.
    func requireInterface() throws(PortMapperError) {
        guard let interface else { return }
        let index = unsafe if_nametoindex(interface)
        if index == 0 { throw .noSuchInterface(interface) }
    }

    /// The gateways to ask, best first; never none.
    ///
    /// - Throws: `PortMapperError.noGateway`, `.noSuchInterface`, `.system`.
    func targets() throws(PortMapperError) -> [GatewayTarget] {
        if let gateway { return [try target(of: gateway)] }
        if let location {
            return [
                GatewayTarget(
                    socketAddress: SocketAddress(
                        location.host, port: GatewaySocket.port, scopeID: location.scopeID),
                    interface: interface, location: location)
            ]
        }
        let gateways = try candidates(.ipv4)
        return gateways.map { gateway in
            // One default route needs only the routing table; with several, each gateway is asked
            // through its own interface.
            GatewayTarget(
                socketAddress: gateway.socketAddress(port: GatewaySocket.port),
                interface: gateways.count > 1 ? gateway.interface : interface)
        }
    }

    /// The gateways to report on, IPv6 routers among them, with rank and reason.
    ///
    /// - Throws: as `targets`.
    func rankedTargets() throws(PortMapperError) -> [RankedTarget] {
        if gateway != nil || location != nil {
            return try targets().map {
                RankedTarget(
                    target: $0, rank: 1, reason: "named by the user", interface: $0.interface)
            }
        }
        return try candidates().map { gateway in
            RankedTarget(
                target: GatewayTarget(
                    socketAddress: gateway.socketAddress(port: GatewaySocket.port),
                    interface: gateway.interface),
                rank: gateway.rank, reason: gateway.reason, interface: gateway.interface)
        }
    }

    /// The gateways of the routing tables, best first; never none.
    ///
    /// - Throws: `PortMapperError.noGateway`, `.noSuchInterface`, `.system`.
    func candidates(_ family: AddressFamily? = nil) throws(PortMapperError) -> [Gateway] {
        let gateways: [Gateway]
        do throws(SystemError) {
            gateways = try Gateway.candidates(family: family, interface: interface)
        } catch {
            if error.code == ENODEV, let interface { throw .noSuchInterface(interface) }
            throw .system(error)
        }
        guard !gateways.isEmpty else { throw .noGateway }
        return gateways
    }

    private func target(of literal: GatewayAddress) throws(PortMapperError) -> GatewayTarget {
        var address = SocketAddress(
            literal.address, port: literal.port?.rawValue ?? GatewaySocket.port)
        if let zone = literal.zone {
            let named = unsafe if_nametoindex(zone)
            let index = UInt32(zone) ?? named
            guard index != 0 else { throw .noSuchInterface(zone) }
            address.scopeID = index
        }
        return GatewayTarget(
            socketAddress: address, interface: interface, location: location, isNamed: true)
    }
}

/// A gateway with its place among the candidates.
struct RankedTarget: Sendable {
    var target: GatewayTarget
    var rank: Int
    var reason: String
    var interface: String?
}
