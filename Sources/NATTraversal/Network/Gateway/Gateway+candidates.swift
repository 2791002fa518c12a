import Logging

extension Gateway {
    /// Every gateway that the routing tables name, best first.
    ///
    /// Reads the routes of each family once, and each interface that occurs in them once.
    ///
    /// - Parameters:
    ///   - family: the family of the default routes and of the routers' addresses; `nil` takes IPv4
    ///     routes, then IPv6 ones, including IPv4 routes through an IPv6 router, which can map
    ///     nothing for them.
    ///   - interface: only gateways behind the interface with this name, but from all routing
    ///     tables instead of the main one.
    /// - Returns: nothing when there is no default route, or all are tunnels with an unknown peer.
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

    /// The gateway at a hop; `nil` when it has no address or the interface has disappeared.
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
