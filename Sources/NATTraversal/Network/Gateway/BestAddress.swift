/// The address at which others can best reach this host, and why.
package struct BestAddress: Hashable, Sendable {
    /// One of this host's addresses; the loopback address when it has no other.
    package let address: IPAddress
    /// The interface that has it, if that matters.
    package let interface: String?
    /// A sentence without its full stop.
    package let reason: String

    /// The best address of a family at this moment.
    ///
    /// - Throws: `SystemError` when the kernel does not report them (a sandbox without netlink).
    package init(_ family: AddressFamily = .ipv4) throws(SystemError) {
        var tables = try KernelTables()
        let interfaces = try tables.interfaces()
        let gateways = try Gateway.candidates(family: family, interface: nil, from: &tables)
        self.init(
            family, among: interfaces, gateway: gateways.first { $0.address.family == family })
    }

    /// The address used towards `gateway`; without a gateway the best one of the interfaces.
    init(_ family: AddressFamily, among interfaces: [NetworkInterface], gateway: Gateway?) {
        // A route can vanish between two calls; then there is no longer a gateway.
        if let gateway, let source = try? gateway.localAddress() {
            self.init(towards: gateway, source: source, among: interfaces)
        } else {
            self.init(family, withoutGatewayAmong: interfaces)
        }
    }

    /// The address that the gateway will see, `source` being the kernel's choice.
    ///
    /// Towards a link-local router the kernel chooses a link-local address, which no pinhole can
    /// open: the request for a pinhole is sent from a global one (N-18).
    init(towards gateway: Gateway, source: IPAddress, among interfaces: [NetworkInterface]) {
        interface = gateway.interface
        let global = interfaces.pinholeSource(interfaceIndex: gateway.interfaceIndex)
        if gateway.scopeID != 0, let global {
            address = global
            reason = "the address to open towards the best gateway, \(gateway.address)"
        } else {
            address = source
            reason = "the address used towards the best gateway, \(gateway.address)"
        }
    }

    /// The first public address, else the first private one, else any, else loopback.
    init(_ family: AddressFamily, withoutGatewayAmong interfaces: [NetworkInterface]) {
        let usable = interfaces.filter {
            $0.family == family && $0.isUp && !$0.isLoopback && !$0.isTentative
        }
        let current = usable.filter { !$0.isDeprecated }
        let choices: [(NetworkInterface?, String)] = [
            (current.first { $0.scope == .public }, "the first public address"),
            (
                current.first { [.private, .uniqueLocal].contains($0.scope) },
                "the first private address"
            ),
            (current.first ?? usable.first, "the first address"),
        ]
        for case (let choice?, let reason) in choices {
            address = choice.address
            interface = choice.name
            self.reason = "\(reason), for want of a gateway"
            return
        }
        address = family == .ipv4 ? .v4(.loopback) : .v6(.loopback)
        interface = nil
        reason = "there is no other address"
    }
}

extension [NetworkInterface] {
    /// The IPv6 address to open with a pinhole, a temporary one only if there is no other; `nil`
    /// when the interface has no global one that can be used.
    fileprivate func pinholeSource(interfaceIndex: UInt32) -> IPAddress? {
        switch PinholeAddress(among: self, interfaceIndex: interfaceIndex) {
        case .stable(let address), .onlyTemporary(let address): address
        case .none: nil
        }
    }
}
