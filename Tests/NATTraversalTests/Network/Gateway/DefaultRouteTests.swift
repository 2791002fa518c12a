import Testing

@testable import NATTraversal

@Suite("Default route") struct DefaultRouteTests {
    private typealias Hop = DefaultRoute.Hop

    @Test("of IPv4 has a gateway and an interface, and metric 0 where none stands")
    func readsIPv4() throws {
        let message = try KernelVectors.message(KernelVectors.ipv4Route)
        let route = try #require(try DefaultRoute(parsing: message))
        #expect(
            route
                == DefaultRoute(
                    family: .ipv4,
                    hops: [Hop(gateway: IPAddress("192.168.77.1"), interfaceIndex: 2)]))
    }

    @Test("of IPv6 has a metric and the router's preference")
    func readsIPv6() throws {
        let message = try KernelVectors.message(KernelVectors.ipv6Route)
        let route = try #require(try DefaultRoute(parsing: message))
        #expect(
            route
                == DefaultRoute(
                    family: .ipv6, metric: 1024,
                    hops: [Hop(gateway: IPAddress("fd77::1"), interfaceIndex: 2)]))
        #expect(
            [0, 1, 2, 3].map(DefaultRoute.Preference.init(icmpv6:)) == [
                .medium, .high, .medium, .low,
            ])
    }

    @Test("by several ways has a hop for each, with its weight")
    func readsMultipath() throws {
        let message = try KernelVectors.message(KernelVectors.multipathRoute)
        let route = try #require(try DefaultRoute(parsing: message))
        #expect(route.metric == 100)
        #expect(
            route.hops == [
                Hop(gateway: IPAddress("192.168.77.1"), interfaceIndex: 2, weight: 1),
                Hop(gateway: IPAddress("192.168.77.254"), interfaceIndex: 2, weight: 3),
            ])
    }

    @Test("loses the hops that are dead or without a link")
    func dropsDeadHops() throws {
        for flag in [0x01, 0x10] as [UInt8] {
            var datagram = KernelVectors.multipathRoute
            // The flags of the first hop, behind its length.
            datagram[50] = flag
            let route = try DefaultRoute(parsing: try KernelVectors.message(datagram))
            #expect(route?.hops.map(\.gateway) == [IPAddress("192.168.77.254")])
            var single = KernelVectors.ipv4Route
            single[24] = flag
            #expect(try DefaultRoute(parsing: try KernelVectors.message(single)) == nil)
        }
    }

    @Test("of IPv4 can lead to a router that has only an IPv6 address")
    func readsVia() throws {
        var via = bytes("0a00 fe80 0000 0000 0000 0000 0000 0000 0001")
        let interface: (UInt8, [UInt8]) = (4, [7, 0, 0, 0])
        let nextHopObject: (UInt8, [UInt8]) = (30, [7, 0, 0, 0])
        let route = try DefaultRoute(
            parsing: try KernelVectors.route([(18, via), interface, nextHopObject]))
        #expect(route?.hops == [Hop(gateway: IPAddress("fe80::1"), interfaceIndex: 7)])
        via.removeLast()
        let short = try DefaultRoute(parsing: try KernelVectors.route([(18, via), interface]))
        #expect(short?.hops == [Hop(gateway: nil, interfaceIndex: 7)])
    }

    @Test("without a router, or with an unspecified one, has the interface alone")
    func readsBareInterface() throws {
        for attributes in [
            [(4, [7, 0, 0, 0])], [(4, [7, 0, 0, 0]), (5, [0, 0, 0, 0])],
        ] as [[(UInt8, [UInt8])]] {
            let route = try DefaultRoute(parsing: try KernelVectors.route(attributes))
            #expect(route?.hops == [Hop(gateway: nil, interfaceIndex: 7)])
        }
        #expect(try DefaultRoute(parsing: try KernelVectors.route([])) == nil)
    }

    @Test("may be one half of two, which lower and upper, and stand in another table")
    func readsHalves() throws {
        let interface: (UInt8, [UInt8]) = (4, [7, 0, 0, 0])
        for (attributes, destination) in [
            ([], .lowerHalf), ([(1, [128, 0, 0, 0])], .upperHalf),
            ([(1, [0, 0, 0, 0])], .lowerHalf),
        ] as [([(UInt8, [UInt8])], DefaultRoute.Destination)] {
            let message = try KernelVectors.route(
                length: 1, attributes + [interface, (15, [0x6C, 0xCA, 0, 0])])
            let route = try DefaultRoute(parsing: message)
            #expect(route?.destination == destination)
            #expect(route?.table == 51820)
        }
    }

    @Test("is not what is narrower, of another type, family or message, or from the cache")
    func passesOver() throws {
        let interface: (UInt8, [UInt8]) = (4, [7, 0, 0, 0])
        #expect(try DefaultRoute(parsing: try KernelVectors.route(length: 2, [interface])) == nil)
        #expect(try DefaultRoute(parsing: try KernelVectors.route(family: 28, [interface])) == nil)
        // Local, broadcast, blackhole, unreachable, prohibit, throw.
        for type in [2, 3, 6, 7, 8, 9] as [UInt8] {
            let message = try KernelVectors.route(type: type, [interface])
            #expect(try DefaultRoute(parsing: message) == nil)
        }
        var cached = KernelVectors.ipv4Route
        cached[25] = 0x02
        #expect(try DefaultRoute(parsing: try KernelVectors.message(cached)) == nil)
        // A type of service, which ordinary packets do not have.
        var service = KernelVectors.ipv4Route
        service[19] = 0x10
        #expect(try DefaultRoute(parsing: try KernelVectors.message(service)) == nil)
        let address = try KernelVectors.message(KernelVectors.ipv4Address)
        #expect(try DefaultRoute(parsing: address) == nil)
    }

    @Test("is refused when an attribute or a hop is too short or too long")
    func refuses() throws {
        for value in ["", "02", "0200", "020000"] {
            #expect(throws: WireError.self) {
                try DefaultRoute(parsing: try KernelVectors.route([(4, bytes(value))]))
            }
        }
        for value in ["c0a84d", "c0a84d0101"] {
            #expect(throws: WireError.self) {
                try DefaultRoute(parsing: try KernelVectors.route([(5, bytes(value))]))
            }
        }
        for value in [
            "00000000", "07000000 02000000", "09000000 02000000", "08000000 020000",
            "0c000000 02000000 03000500", "0c000000 02000000 08000500", "ffff0000 02000000",
        ] {
            #expect(throws: WireError.self) {
                try DefaultRoute(parsing: try KernelVectors.route([(9, bytes(value))]))
            }
        }
    }
}
