import Testing

@testable import NATTraversal

@Suite("Ranking of gateways") struct RankedHopTests {
    private func route(
        _ gateway: String?, on interface: UInt32, metric: UInt32 = 0,
        to destination: DefaultRoute.Destination = .everything, table: UInt32 = 254,
        preference: DefaultRoute.Preference = .medium, family: AddressFamily = .ipv4
    ) -> DefaultRoute {
        DefaultRoute(
            family: family, destination: destination, table: table, metric: metric,
            preference: preference,
            hops: [
                DefaultRoute.Hop(
                    gateway: gateway.flatMap(IPAddress.init), interfaceIndex: interface)
            ])
    }

    private func order(
        _ routes: [DefaultRoute], family: AddressFamily = .ipv4, on interface: UInt32? = nil
    ) -> [String] {
        RankedHop.ranking(routes, family: family, interfaceIndex: interface).map {
            "\($0.hop.gateway?.description ?? "bare") on \($0.hop.interfaceIndex)"
        }
    }

    @Test("the lowest metric goes first, then the kernel's order (X-10, X-3)")
    func ranksByMetric() {
        let routes = [
            route("192.168.1.1", on: 3, metric: 600), route("192.168.1.1", on: 2, metric: 100),
            route("192.168.2.1", on: 4, metric: 600), route("10.0.0.1", on: 5),
        ]
        #expect(
            order(routes) == [
                "10.0.0.1 on 5", "192.168.1.1 on 2", "192.168.1.1 on 3", "192.168.2.1 on 4",
            ])
    }

    @Test("of routers with one metric the preferred goes first, and the metric before that")
    func ranksByPreference() {
        let routes = [
            route("fe80::1", on: 2, metric: 1024, preference: .low, family: .ipv6),
            route("fe80::2", on: 2, metric: 1024, family: .ipv6),
            route("fe80::3", on: 2, metric: 1024, preference: .high, family: .ipv6),
            route("fe80::4", on: 2, metric: 512, preference: .low, family: .ipv6),
        ]
        #expect(
            order(routes, family: .ipv6) == [
                "fe80::4 on 2", "fe80::3 on 2", "fe80::2 on 2", "fe80::1 on 2",
            ])
        #expect(order(routes).isEmpty)
    }

    @Test("both halves of a VPN go before the default route, whatever the metric (X-1)")
    func ranksHalves() {
        let routes = [
            route("192.168.1.1", on: 2),
            route("10.8.0.1", on: 7, metric: 50, to: .lowerHalf),
            route("10.8.0.1", on: 7, metric: 50, to: .upperHalf),
        ]
        #expect(order(routes) == ["10.8.0.1 on 7", "192.168.1.1 on 2"])
    }

    @Test("one half alone is no way to the Internet")
    func dropsLoneHalves() {
        let routes = [
            route("10.8.0.1", on: 7, to: .lowerHalf), route("10.8.0.2", on: 7, to: .upperHalf),
            route("10.9.0.1", on: 8, to: .upperHalf),
        ]
        #expect(order(routes).isEmpty)
    }

    @Test("a bare tunnel goes after every router, even with both halves (X-1)")
    func ranksTunnelsLast() {
        let routes = [
            route(nil, on: 7, to: .lowerHalf), route(nil, on: 7, to: .upperHalf),
            route("fe80::1", on: 3), route("192.168.1.1", on: 2, metric: 600),
        ]
        #expect(order(routes) == ["192.168.1.1 on 2", "fe80::1 on 3", "bare on 7"])
    }

    @Test("a gateway that several routes name stands once, at its best place")
    func namesEachOnce() {
        let routes = [
            route("192.168.1.1", on: 2, metric: 600), route("192.168.1.1", on: 2, metric: 100),
        ]
        let ranking = RankedHop.ranking(routes, family: .ipv4)
        #expect(ranking.map(\.reason) == ["default route, metric 100"])
    }

    @Test("other tables count only where the interface was named, and after the main one (X-10)")
    func readsOtherTables() {
        let routes = [
            route("10.2.0.1", on: 7, table: 51820), route("192.168.1.1", on: 2, metric: 600),
            route("192.168.1.9", on: 2, table: 100),
        ]
        #expect(order(routes) == ["192.168.1.1 on 2"])
        #expect(order(routes, on: 2) == ["192.168.1.1 on 2", "192.168.1.9 on 2"])
        #expect(order(routes, on: 7) == ["10.2.0.1 on 7"])
        #expect(order(routes, on: 9).isEmpty)
    }

    @Test("the reason tells the route, the metric, the share, the table and what is odd")
    func givesReasons() {
        var shared = route("192.168.1.1", on: 2, metric: 100)
        shared.hops.append(DefaultRoute.Hop(gateway: nil, interfaceIndex: 7, weight: 3))
        let routes = [
            shared, route("10.8.0.1", on: 7, to: .lowerHalf),
            route("10.8.0.1", on: 7, to: .upperHalf), route("fe80::1", on: 3),
            route("192.168.1.9", on: 2, table: 100, preference: .high),
        ]
        #expect(
            RankedHop.ranking(routes, family: .ipv4).map(\.reason) == [
                "routes to both halves of the Internet, which go before a default route, no metric",
                "default route, metric 100, 1 of 4 parts of the traffic",
                "default route, no metric, the router has no address of the route's family",
                "default route, metric 100, 3 of 4 parts of the traffic, "
                    + "the far end of a tunnel that names no router, which goes after routers",
            ])
        #expect(
            RankedHop.ranking(routes, family: .ipv4, interfaceIndex: 2).last?.reason
                == "default route, no metric, router preference high, table 100")
    }
}
