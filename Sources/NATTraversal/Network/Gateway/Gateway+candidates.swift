import Logging

extension Gateway {
    /// Every gateway that the routing tables name, best first.
    ///
    /// One read of the routes of each family, and one look at each interface that occurs in them.
    ///
    /// - Parameters:
    ///   - family: of the default routes and of the routers' addresses; `nil` takes IPv4's routes,
    ///     then IPv6's, also where a route of IPv4 leads to a router of IPv6, which can map nothing
    ///     for it.
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
        var gateways: [Gateway] = []
        for routeFamily in family.map({ [$0] }) ?? AddressFamily.allCases {
            let routes = try tables.defaultRoutes(routeFamily)
            for ranked in RankedHop.ranking(routes, family: routeFamily, interfaceIndex: index) {
                let gateway = try Gateway(
                    ranked, family: routeFamily, rank: gateways.count + 1, from: &tables)
                guard let gateway, family == nil || gateway.address.family == family else {
                    continue
                }
                gateways.append(gateway)
            }
        }
        for gateway in gateways {
            log.debug(
                "gateway \(gateway.rank): \(gateway.address) on \(gateway.interface), \(gateway.reason)"
            )
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
