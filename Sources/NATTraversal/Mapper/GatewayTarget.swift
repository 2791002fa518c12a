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
            return try GatewaySocket(
                to: socketAddress, from: source, interface: interface(from: source))
        } catch {
            switch (error.code, interface) {
            case (ENODEV, let name?): throw .noSuchInterface(name)
            case (ENETUNREACH, _), (EHOSTUNREACH, _): throw .closed(gateway: name, cause: error)
            default: throw .system(error)
            }
        }
    }

    /// The interface to leave by from one of this host's addresses.
    ///
    /// The answer to an address of another interface on the gateway's network arrives there, where a
    /// socket that is bound to this interface does not hear it.
    private func interface(from source: IPAddress?) -> String? {
        guard let interface, let source else { return interface }
        do throws(SystemError) {
            var tables = try KernelTables()
            let gateway = socketAddress.address
            let own = try tables.addresses(source.family).first {
                $0.address == source
                    && source.sharesNetwork(with: gateway, prefixLength: $0.prefixLength)
            }
            return try own.flatMap { own throws(SystemError) in
                try tables.link(index: own.interfaceIndex)
            }?.name ?? interface
        } catch {
            return interface
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
    /// - Throws: `PortMapperError.noGateway`, `.onlyGatewaysOf`, `.noRouteBy`, `.noSuchInterface`,
    ///   `.system`.
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
    /// - Throws: as `targets`.
    func candidates(_ family: AddressFamily? = nil) throws(PortMapperError) -> [Gateway] {
        let gateways: [Gateway]
        do throws(SystemError) {
            gateways = try Gateway.candidates(family: family, interface: interface)
        } catch {
            if error.code == ENODEV, let interface { throw .noSuchInterface(interface) }
            throw .system(error)
        }
        guard !gateways.isEmpty else { throw missingGateway(family) }
        return gateways
    }

    /// Whether this process is in a container behind a bridge, and only the routes named the gateways.
    func isBehindBridge(_ targets: [GatewayTarget]) -> Bool {
        guard gateway == nil, location == nil, let target = targets.first,
            let address = try? target.socket().local.address
        else { return false }
        return Container.isBehindBridge(address)
    }

    /// Why there is no gateway of a family, or behind the named interface.
    private func missingGateway(_ family: AddressFamily?) -> PortMapperError {
        if let interface, let other = try? Gateway.candidates(family: family).first {
            return .noRouteBy(
                interface: interface, gateway: other.address, itsInterface: other.interface)
        }
        let others = try? Gateway.candidates(interface: interface)
        guard family != nil, let other = others?.first?.address.family, other != family,
            hasGlobalAddress(other)
        else { return .noGateway }
        return .onlyGatewaysOf(other)
    }

    /// Whether this host has an address of a family that is valid beyond the link.
    private func hasGlobalAddress(_ family: AddressFamily) -> Bool {
        guard var tables = try? KernelTables(), let addresses = try? tables.addresses(family) else {
            return false
        }
        return addresses.contains { ![.loopback, .linkLocal].contains($0.address.scope) }
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
