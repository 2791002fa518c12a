import Glibc
import Logging

/// Where this host would send the answers to a peer outside: a mapping is of no use if they do not
/// leave through the gateway that made it.
///
/// A VPN's half-routes or rules, or another line's default route, lead them elsewhere: the peer then
/// gets them from another address than it asked, or not at all.
package struct ReplyRoute: Hashable, Sendable {
    /// The interface they leave by; `nil` when the kernel has no route for them.
    package var interface: String?
    /// The router they are sent to; `nil` without a route, and where the route names only an
    /// interface.
    package var router: IPAddress?

    /// Creates a route.
    package init(interface: String? = nil, router: IPAddress? = nil) {
        self.interface = interface
        self.router = router
    }
}

extension ReplyRoute {
    /// A hop by its interface's index.
    struct Hop: Hashable, Sendable {
        var interfaceIndex: UInt32
        var router: IPAddress?
    }

    /// Whether answers that take a hop pass the gateway.
    ///
    /// One router may be reached by two interfaces. On the gateway's own interface another
    /// router counts only if the routes led to the gateway as well: one that the user has named may be
    /// the same router by another address.
    ///
    /// - Parameters:
    ///   - hop: where the answers go.
    ///   - gateway: the gateway's address.
    ///   - way: how this host reaches the gateway itself.
    ///   - isNamed: whether the user has named the gateway.
    /// - Returns: whether they do.
    static func leads(
        _ hop: Hop, to gateway: IPAddress, by way: Hop, isNamed: Bool
    ) -> Bool {
        if hop.router == gateway { return true }
        guard hop.interfaceIndex == way.interfaceIndex else { return false }
        return isNamed || hop.router == nil || hop.router == way.router
    }

    /// Peers whose answers are looked up: one in each half of the Internet.
    ///
    /// A VPN's routes may cover one half each. Nothing is sent to the peers.
    static func samplePeers(_ family: AddressFamily) -> [IPAddress] {
        switch family {
        // 13.0.0.1 and 197.0.0.1.
        case .ipv4: [0x0D00_0001, 0xC500_0001].map { .v4(IPv4Address(rawValue: $0)) }
        // 2a00::1, as all of IPv6's public addresses are in one half.
        case .ipv6: [.v6(IPv6Address(rawValue: 0x2A00 << 112 | 1))]
        }
    }

    /// The route of answers from this host's address that do not leave through the gateway.
    ///
    /// Asks the kernel for a few routes and sends nothing. Answers that a firewall marks may take
    /// another route, which cannot be seen here.
    ///
    /// - Parameters:
    ///   - address: the internal address of a mapping, one of this host's.
    ///   - target: the gateway that made it.
    ///   - peer: the only peer; `nil` is anyone.
    /// - Returns: `nil` when all answers pass the gateway, or nothing is known.
    static func elsewhere(
        from address: IPAddress, than target: GatewayTarget, peer: IPAddress? = nil
    ) -> ReplyRoute? {
        let gateway = target.socketAddress.address
        // A gateway on this host, as in a test, has no outside.
        guard address.family == gateway.family, gateway.scope != .loopback else { return nil }
        do throws(SystemError) {
            var tables = try KernelTables()
            guard let way = try way(to: target, from: address, &tables)
            else { return nil }
            for peer in peer.map({ [$0] }) ?? samplePeers(address.family) {
                let hop: DefaultRoute.Hop?
                do throws(SystemError) {
                    hop = try tables.hop(to: peer, from: address)
                } catch {
                    guard error.saysNoRoute else { throw error }
                    return ReplyRoute()
                }
                guard let hop,
                    !leads(
                        Hop(interfaceIndex: hop.interfaceIndex, router: hop.gateway), to: gateway,
                        by: way, isNamed: target.isNamed || target.location != nil)
                else { continue }
                return ReplyRoute(
                    interface: try tables.link(index: hop.interfaceIndex)?.name,
                    router: hop.gateway)
            }
        } catch {
            log.debug("the route of answers from \(address) is not known: \(error)")
        }
        return nil
    }

    /// How this host reaches the gateway: by its zone or the target's interface, else by the kernel's
    /// route.
    private static func way(
        to target: GatewayTarget, from address: IPAddress, _ tables: inout KernelTables
    ) throws(SystemError) -> Hop? {
        let zone = target.socketAddress.scopeID
        guard zone == 0 else { return Hop(interfaceIndex: zone) }
        let hop = try tables.hop(to: target.socketAddress.address, from: address)
        guard let interface = target.interface else {
            return hop.map { Hop(interfaceIndex: $0.interfaceIndex, router: $0.gateway) }
        }
        return Hop(
            interfaceIndex: try tables.link(named: interface).index,
            router: hop.flatMap { $0.gateway })
    }
}

extension SystemError {
    /// Whether the kernel has no route, or one that drops packets.
    fileprivate var saysNoRoute: Bool {
        [ENETUNREACH, EHOSTUNREACH, EACCES].contains(code)
    }
}
