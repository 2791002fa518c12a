import TestSupport
import Testing

@testable import NATTraversal

@Suite("The router in front of the gateway") struct OuterRouterTests {
    static func search(_ external: String) -> OuterRouterSearch? {
        OuterRouterSearch(
            behind: GatewayTarget(socketAddress: ScriptedTransport.gateway),
            externalAddress: IPAddress(external))
    }

    @Test(
        "is looked for behind a private address alone, never in a carrier's network",
        arguments: [
            ("10.9.9.2", true), ("192.168.1.5", true), ("172.31.0.9", true), ("100.64.0.9", false),
            ("11.22.33.1", false), ("169.254.7.7", false), ("0.0.0.0", false), ("fd77::1", false),
        ])
    func only(external: String, isLookedFor: Bool) {
        #expect((Self.search(external) != nil) == isLookedFor)
    }

    @Test(
        "is asked at the first address of that network, unless this is on the near side",
        arguments: [
            ("10.9.9.2", "10.9.9.1"), ("192.168.1.5", "192.168.1.1"), ("10.9.9.1", nil),
            // The same network on both sides.
            ("192.168.77.50", nil),
        ] as [(String, String?)])
    func asks(external: String, address: String?) throws {
        let search = try #require(Self.search(external))
        let own = [(address: PCPVectors.client, prefixLength: 24)]
        #expect(search.likelyAddress(own: own)?.description == address)
    }

    @Test(
        "is the private sender of an ICMP error, and not the gateway",
        arguments: [
            ("10.9.9.1", true), ("192.168.178.1", true), ("192.168.77.1", false),
            ("10.9.9.2", false), ("80.1.2.3", false), ("100.64.0.1", false),
        ])
    func recognizes(sender: String, isOuter: Bool) throws {
        let search = try #require(Self.search("10.9.9.2"))
        #expect(search.isOuterRouter(try #require(IPv4Address(sender))) == isOuter)
    }
}
