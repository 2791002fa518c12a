extension Gateway {
    /// Every gateway that the routing tables name, best first.
    ///
    /// One read of the routes of each family, and one look at each interface that occurs in them.
    ///
    /// - Parameters:
    ///   - family: whose default routes; `nil` takes IPv4's, then IPv6's.
    ///   - interface: takes only the gateways behind the interface of this name, but those that
    ///     other tables than the main one name as well.
    /// - Returns: none when there is no default route, or when all are tunnels with an unknown end.
    /// - Throws: `SystemError`, with the code ENODEV when there is no interface of that name.
    public static func candidates(
        family: AddressFamily? = nil, interface: String? = nil
    ) throws(SystemError) -> [Gateway] {
        var tables = try KernelTables()
        return try candidates(family: family, interface: interface, from: &tables)
    }

    static func candidates(
        family: AddressFamily?, interface: String?, from tables: inout KernelTables
    ) throws(SystemError) -> [Gateway] {
        let index: UInt32? =
            if let interface { try tables.link(named: interface).index } else { nil }
        let families = family.map { [$0] } ?? [.ipv4, .ipv6]
        var gateways: [Gateway] = []
        for family in families {
            let routes = try tables.defaultRoutes(family)
            for ranked in RankedHop.ranking(routes, family: family, interfaceIndex: index) {
                let gateway = try Gateway(
                    ranked, family: family, rank: gateways.count + 1, from: &tables)
                if let gateway { gateways.append(gateway) }
            }
        }
        return gateways
    }

    /// The gateway at a hop; `nil` when it has no address or the interface has gone.
    private init?(
        _ ranked: RankedHop, family: AddressFamily, rank: Int, from tables: inout KernelTables
    ) throws(SystemError) {
        let index = ranked.hop.interfaceIndex
        guard let link = try tables.link(index: index) else { return nil }
        let peer =
            ranked.hop.gateway == nil ? try tables.peer(family, interfaceIndex: index) : nil
        guard let address = ranked.hop.gateway ?? peer else { return nil }
        self.init(
            address: address, interface: link.name, interfaceIndex: index,
            isPointToPoint: link.isPointToPoint, rank: rank, reason: ranked.reason)
    }
}

extension KernelTables {
    /// The other end of a point-to-point interface, where its address names one.
    fileprivate mutating func peer(
        _ family: AddressFamily, interfaceIndex: UInt32
    ) throws(SystemError) -> IPAddress? {
        try addresses(family).first { $0.interfaceIndex == interfaceIndex && $0.peer != nil }?.peer
    }
}
