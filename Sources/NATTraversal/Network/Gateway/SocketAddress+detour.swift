import Logging

extension SocketAddress {
    /// The interface on whose network this gateway is, when the kernel's rules lead elsewhere.
    ///
    /// A VPN's rule may send even the LAN's traffic into the tunnel; a socket that is bound to
    /// the interface passes by the rule.
    ///
    /// - Parameter index: the interface that a default route names; `nil` is the one on whose network
    ///   the gateway is.
    /// - Returns: its name; `nil` when the routes lead there, which is nearly always, or nothing is
    ///   known.
    func interfaceBesideRules(index: UInt32? = nil) -> String? {
        guard address.scope != .loopback, scopeID == 0 else { return nil }
        do throws(SystemError) {
            var tables = try KernelTables()
            // As a connected socket goes: its source is chosen first, and a rule may name that.
            guard let hop = try tables.hop(to: address, from: try source()),
                hop.interfaceIndex != index
            else { return nil }
            let near = try tables.addresses(address.family).filter {
                $0.address.sharesNetwork(with: address, prefixLength: $0.prefixLength)
            }.map(\.interfaceIndex)
            // Another interface on the same network is no detour.
            guard !near.contains(hop.interfaceIndex), let own = index ?? near.first,
                let link = try tables.link(index: own)
            else { return nil }
            log.debug("the rules lead to \(address) by another interface; asking by \(link.name)")
            return link.name
        } catch {
            return nil
        }
    }
}
