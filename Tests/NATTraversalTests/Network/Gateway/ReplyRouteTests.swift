import TestSupport
import Testing

@testable import NATTraversal

@Suite("The route of answers") struct ReplyRouteTests {
    private static let gateway = "192.168.77.1"

    /// Where answers go, how the gateway is reached, whether the user has named it, and whether the
    /// answers pass it.
    static let table:
        [(hop: (UInt32, String?), way: (UInt32, String?), isNamed: Bool, passes: Bool)] =
            [
                ((2, gateway), (2, nil), false, true),
                // Another interface to the same router.
                ((3, gateway), (2, nil), false, true),
                // A VPN's half-route, a bare tunnel, and a second line.
                ((9, "10.8.0.1"), (2, nil), false, false), ((9, nil), (2, nil), false, false),
                ((3, "10.9.9.1"), (2, nil), false, false), ((9, nil), (2, nil), true, false),
                // Another router on the gateway's network; perhaps the same one, if the user says so.
                ((2, "192.168.77.2"), (2, nil), false, false),
                ((2, "192.168.77.2"), (2, nil), true, true),
                // A route without a router: every host is on the link.
                ((2, nil), (2, nil), false, true),
                // A gateway that the user has named beyond the next router.
                ((2, "10.0.0.1"), (2, "10.0.0.1"), true, true),
            ]

    @Test("passes the gateway or leaves elsewhere", arguments: table.indices)
    func decides(row: Int) throws {
        let (hop, way, isNamed, passes) = Self.table[row]
        let gateway = try #require(IPAddress(Self.gateway))
        func place(_ hop: (UInt32, String?)) -> ReplyRoute.Hop {
            ReplyRoute.Hop(interfaceIndex: hop.0, router: hop.1.flatMap(IPAddress.init))
        }
        #expect(
            ReplyRoute.leads(
                place(hop), to: gateway, by: place(way), isSameLink: hop.0 == way.0,
                isNamed: isNamed) == passes)
    }

    @Test("passes a link-local gateway by another interface only on the same link")
    func knowsLinks() throws {
        let gateway = try #require(IPAddress("fe80::1"))
        let hop = ReplyRoute.Hop(interfaceIndex: 3, router: gateway)
        let way = ReplyRoute.Hop(interfaceIndex: 2)
        for isSameLink in [false, true] {
            #expect(
                ReplyRoute.leads(
                    hop, to: gateway, by: way, isSameLink: isSameLink, isNamed: false)
                    == isSameLink)
        }
        #expect(
            ReplyRoute.leads(
                ReplyRoute.Hop(interfaceIndex: 2, router: gateway), to: gateway, by: way,
                isSameLink: true, isNamed: false))
    }

    @Test("is looked up for a public address in each half of the Internet")
    func samples() {
        for family in AddressFamily.allCases {
            let peers = ReplyRoute.samplePeers(family)
            #expect(peers.allSatisfy { $0.scope == .public && $0.family == family })
        }
        let firstBits = ReplyRoute.samplePeers(.ipv4).compactMap { $0.octets.first.map { $0 >> 7 } }
        #expect(Set(firstBits) == [0, 1])
    }
}

@Suite("The kernel's route to one address") struct RouteAnswerTests {
    @Test("has the router and the interface that the kernel chose, whatever the prefix")
    func reads() throws {
        let message = try KernelVectors.route(
            length: 32, [(5, [10, 8, 0, 1]), (4, [7, 0, 0, 0]), (1, [13, 0, 0, 1])])
        let hop = try #require(try DefaultRoute.Hop(parsing: message))
        #expect(hop.gateway?.description == "10.8.0.1")
        #expect(hop.interfaceIndex == 7)
        let bare = try KernelVectors.route(length: 32, [(4, [7, 0, 0, 0])])
        #expect(try DefaultRoute.Hop(parsing: bare)?.gateway == nil)
        #expect(try DefaultRoute.Hop(parsing: KernelVectors.route(length: 32, [])) == nil)
    }
}
