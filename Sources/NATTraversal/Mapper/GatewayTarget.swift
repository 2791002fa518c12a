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

    /// The address as leases and messages name it, with its zone where it needs one, and its port
    /// when that is not 5351.
    var name: GatewayAddress { GatewayAddress(socketAddress) }

    /// The family of its address and of the ports that it opens.
    var family: AddressFamily { socketAddress.address.family }

    /// Opens the socket from the address to open (IPv6), or from the one that the kernel chooses
    /// (IPv4).
    ///
    /// - Throws: `PortMapperError`; `.noGlobalAddress` when there is none to open.
    func socket() throws(PortMapperError) -> GatewaySocket {
        try socket(from: try addressToOpen())
    }

    /// Opens the socket from this address; `nil` lets the kernel choose, which towards a link-local
    /// router takes a link-local one.
    ///
    /// - Throws: `PortMapperError`; `.system` with EADDRNOTAVAIL when `source` is not this host's.
    func socket(from source: IPAddress?) throws(PortMapperError) -> GatewaySocket {
        do throws(SystemError) {
            return try GatewaySocket(
                to: socketAddress, from: source, interface: interface(from: source))
        } catch {
            throw classified(error)
        }
    }

    /// The address that the gateway is to open unless the user names another one; `nil` for IPv4,
    /// and for a gateway on this host, where the kernel chooses.
    ///
    /// - Throws: `PortMapperError`; `.noGlobalAddress` when there is none.
    func addressToOpen() throws(PortMapperError) -> IPAddress? {
        guard family == .ipv6, socketAddress.address.scope != .loopback else { return nil }
        let (addresses, index) = try addressesTowards()
        return try PinholeAddress(among: addresses, interfaceIndex: index).address(
            of: addresses.first { $0.index == index }?.name ?? interface)
    }

    /// This host's addresses, and the index of the interface towards it.
    private func addressesTowards() throws(PortMapperError) -> ([NetworkInterface], UInt32) {
        do throws(SystemError) {
            var tables = try KernelTables()
            let addresses = try tables.interfaces()
            return (addresses, try interfaceIndex(among: addresses))
        } catch {
            throw classified(error)
        }
    }

    /// The index of the interface that leads to it.
    private func interfaceIndex(among addresses: [NetworkInterface]) throws(SystemError) -> UInt32 {
        if socketAddress.scopeID != 0 { return socketAddress.scopeID }
        let source = try socketAddress.source(by: interface)
        return addresses.first { $0.address == source }?.index ?? 0
    }

    private func classified(_ error: SystemError) -> PortMapperError {
        switch (error.code, interface) {
        case (ENODEV, let name?): .noSuchInterface(name)
        case (ENETUNREACH, _), (EHOSTUNREACH, _): .closed(gateway: name, cause: error)
        default: .system(error)
        }
    }

    /// The interface to leave by from one of this host's addresses.
    ///
    /// The answer to an address of another interface on the gateway's network arrives there, where a
    /// socket that is bound to this interface does not hear it (X-3).
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

    /// The same for ports of one family.
    func of(_ family: AddressFamily) -> GatewaySelection {
        var selection = self
        selection.requestedFamily = family
        return selection
    }

    /// The family of the gateways to ask: the requests', else that of the gateway named.
    var family: AddressFamily {
        requestedFamily ?? gateway?.address.family ?? location?.host.family ?? .ipv4
    }

    /// The gateways of its family to ask, best first; never none.
    ///
    /// - Throws: `PortMapperError.noGateway`, `.onlyGatewaysOf`, `.noRouteBy`, `.noSuchInterface`,
    ///   `.system`, and `.inexpressible` when the gateway named is of another family than the
    ///   requests.
    func targets() throws(PortMapperError) -> [GatewayTarget] {
        if let named = gateway?.address ?? location?.host, named.family != family {
            throw .inexpressible(
                "\(named) is no gateway of \(family == .ipv4 ? "IPv4" : "IPv6"), which is to be opened"
            )
        }
        if let gateway { return [try target(of: gateway)] }
        if let location {
            let address = SocketAddress(
                location.host, port: GatewaySocket.port, scopeID: location.scopeID)
            return [
                GatewayTarget(
                    socketAddress: address, interface: interface ?? address.interfaceBesideRules(),
                    location: location)
            ]
        }
        let gateways = try candidates(family)
        return gateways.map { gateway in
            // One default route needs only the routing table; with several, each gateway is asked
            // through its own interface (X-3).
            let address = gateway.socketAddress(port: GatewaySocket.port)
            return GatewayTarget(
                socketAddress: address,
                interface: gateways.count > 1
                    ? gateway.interface
                    : interface ?? address.interfaceBesideRules(index: gateway.interfaceIndex))
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
        if let zone = literal.zone ?? (literal.lacksZone ? interface : nil) {
            let named = unsafe if_nametoindex(zone)
            let index = UInt32(zone) ?? named
            guard index != 0 else { throw .noSuchInterface(zone) }
            // Any other address is the same by every interface.
            if literal.address.scope == .linkLocal { address.scopeID = index }
        } else if literal.lacksZone {
            throw .inexpressible(
                "\(literal) is link-local, and needs its interface as in \(literal)%eth0")
        }
        return GatewayTarget(
            socketAddress: address, interface: interface ?? address.interfaceBesideRules(),
            location: location, isNamed: true)
    }
}

/// A gateway with its place among the candidates.
struct RankedTarget: Sendable {
    var target: GatewayTarget
    var rank: Int
    var reason: String
    var interface: String?
}
