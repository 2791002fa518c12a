/// A hop of a default route, with the reason for its rank among the gateways.
struct RankedHop: Equatable, Sendable {
    var hop: DefaultRoute.Hop
    /// A sentence without its full stop.
    var reason: String

    /// Every hop that can lead to a gateway of `family`, best first, each once.
    ///
    /// Hops with a router of the family come first, then those whose router has only an address of
    /// the other family, then bare tunnels. Among these the longer prefix wins, then the
    /// lower metric, then the router's preference, and finally the kernel's order.
    ///
    /// - Parameters:
    ///   - routes: the default routes of all tables, in the kernel's order.
    ///   - family: the family of the routes to consider.
    ///   - interfaceIndex: only hops of this interface, but from every table; `nil` is any
    ///     interface.
    /// - Returns: the hops with their reasons.
    static func ranking(
        _ routes: [DefaultRoute], family: AddressFamily, interfaceIndex: UInt32? = nil
    ) -> [RankedHop] {
        let places = routes.filter {
            $0.family == family && ($0.table == DefaultRoute.mainTable || interfaceIndex != nil)
        }.flatMap { route in
            route.hops.map { Place(route: route, hop: $0) }
        }.filter { interfaceIndex == nil || $0.hop.interfaceIndex == interfaceIndex }

        let whole = places.filter { place in
            switch place.route.destination {
            case .everything: true
            case .lowerHalf: places.contains { $0.isUpperHalf(of: place) }
            case .upperHalf: false
            }
        }
        let ordered = whole.enumerated().sorted { first, second in
            // Falls back to the offset because sort is not guaranteed to be stable.
            first.element.order == second.element.order
                ? first.offset < second.offset : first.element.order < second.element.order
        }.map(\.element)
        var ranking: [RankedHop] = []
        for place in ordered where !ranking.contains(where: { $0.hop.leads(like: place.hop) }) {
            ranking.append(RankedHop(hop: place.hop, reason: place.reason))
        }
        return ranking
    }
}

/// A hop with the route it belongs to.
private struct Place {
    var route: DefaultRoute
    var hop: DefaultRoute.Hop

    /// The sort key, lower first.
    var order: (router: Int, table: Int, prefix: Int, metric: UInt32, preference: Int) {
        (
            hop.gateway.map { $0.family == route.family ? 0 : 1 } ?? 2,
            route.table == DefaultRoute.mainTable ? 0 : 1,
            route.destination == .everything ? 1 : 0, route.metric, route.preference.rawValue
        )
    }

    /// Whether both are halves of one route to everything.
    func isUpperHalf(of lower: Place) -> Bool {
        route.destination == .upperHalf && route.table == lower.route.table
            && hop.leads(like: lower.hop)
    }

    var reason: String {
        var reason =
            route.destination == .everything
            ? "default route"
            : "routes to both halves of the Internet, which go before a default route"
        reason += route.metric == 0 ? ", no metric" : ", metric \(route.metric)"
        if route.preference != .medium { reason += ", router preference \(route.preference)" }
        if route.hops.count > 1 {
            let sum = route.hops.reduce(0) { $0 + $1.weight }
            reason += ", \(hop.weight) of \(sum) parts of the traffic"
        }
        if route.table != DefaultRoute.mainTable { reason += ", table \(route.table)" }
        if hop.gateway == nil {
            reason += ", the far end of a tunnel that names no router, which goes after routers"
        } else if hop.gateway?.family != route.family {
            reason += ", the router has no address of the route's family"
        }
        return reason
    }
}

extension DefaultRoute.Hop {
    /// Whether both lead to the same router, whatever their weights.
    fileprivate func leads(like other: Self) -> Bool {
        gateway == other.gateway && interfaceIndex == other.interfaceIndex
    }
}
