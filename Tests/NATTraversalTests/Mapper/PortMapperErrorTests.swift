import TestSupport
import Testing

@testable import NATTraversal

@Suite("A mapper's error") struct PortMapperErrorTests {
    private static let cause = SystemError("connect", code: 111)

    @Test(
        "of a UPnP device names the gateway with its port, if the device is at its address",
        arguments: [
            ("192.168.77.1", "192.168.77.1:5352"), ("192.168.77.2", "192.168.77.2"),
        ])
    func naming(device: String, name: String) throws {
        func errors(_ text: String) -> [PortMapperError] {
            let gateway = GatewayAddress.test(text)
            return [
                .closed(gateway: gateway, technique: .upnp, cause: Self.cause),
                .unsupported(gateway: gateway, technique: .upnp),
                .noAnswer(gateway: gateway, technique: .upnp, after: .seconds(1)),
                .badAnswer(gateway: gateway, technique: .upnp, problem: "nonsense"),
                .refused(GatewayRefusal(gateway: gateway, technique: .upnp, code: 606, name: nil)),
                .system(Self.cause),
            ]
        }
        let asked = SocketAddress(GatewayAddress.router.address, port: 5352)
        #expect(errors(device).map { $0.naming(asked) } == errors(name))
    }

    @Test(
        "says in one sentence what happened",
        arguments: [
            (.noGateway, "this host has no default gateway"),
            (.onlyGatewaysOf(.ipv6), "this host has an IPv6 gateway but no IPv4 gateway"),
            (.onlyGatewaysOf(.ipv4), "this host has an IPv4 gateway but no IPv6 gateway"),
            (
                .noRouteBy(
                    interface: "tun0", gateway: PCPVectors.client, itsInterface: "eth0"),
                "tun0 has no default route: the gateway is 192.168.77.10 on eth0"
            ),
            (
                .behindBridge(.unsupported(gateway: .router, technique: .pcp)),
                "192.168.77.1 does not speak PCP; this is a container on a bridge network, where no "
                    + "router maps ports"
            ),
            (.noSuchInterface("eth\n7"), #"there is no interface "eth\u{A}7""#),
            (
                .closed(gateway: .router, cause: cause),
                "192.168.77.1 does not accept port mapping requests (Connection refused)"
            ),
            (
                .closed(gateway: .router, technique: .upnp, cause: cause),
                "192.168.77.1 cannot be reached by UPnP (Connection refused)"
            ),
            (
                .unsupported(gateway: .router, technique: .pcp),
                "192.168.77.1 does not speak PCP"
            ),
            (
                .noAnswer(gateway: .test("192.168.77.1:5352"), after: .seconds(3)),
                "192.168.77.1:5352 did not answer within 3.0 seconds"
            ),
            (
                .noAnswer(gateway: .router, technique: .upnp, after: .seconds(1)),
                "192.168.77.1 did not answer by UPnP within 1.0 seconds"
            ),
            (
                .noAnswer(gateway: .router, technique: .pcp, after: .seconds(1)),
                "192.168.77.1 speaks PCP, but did not answer this request within 1.0 seconds"
            ),
            (
                .badAnswer(gateway: .router, technique: .natPMP, problem: "it granted port 0"),
                "192.168.77.1 gave no usable NAT-PMP answer: it granted port 0"
            ),
            (
                .refused(
                    GatewayRefusal(
                        gateway: .router, technique: .pcp, code: 2, name: "NOT_AUTHORIZED")),
                "192.168.77.1 refused (PCP NOT_AUTHORIZED 2)"
            ),
            (
                .refused(
                    GatewayRefusal(gateway: .router, technique: .upnp, code: 899, name: nil)),
                "192.168.77.1 refused (UPnP code 899)"
            ),
            (
                .portTaken(gateway: .router, technique: .pcp, wanted: 80, granted: 1024),
                "external port 80 is unavailable; the gateway offered 1024"
            ),
            (
                .foreign(gateway: .router, externalPort: 80, client: .v4(.loopback)),
                "external port 80 of 192.168.77.1 leads to 127.0.0.1, not to this host"
            ),
            (
                .noExternalAddress(gateway: .router, technique: .upnp),
                "192.168.77.1 has no external address"
            ),
            (
                .notPublic(.v4(.loopback), gateway: .router, technique: .pcp),
                "the external address of 192.168.77.1, 127.0.0.1, is loopback, not public: nobody "
                    + "outside can reach it"
            ),
            (
                .unverifiable(.unsupported(gateway: .router, technique: .upnp)),
                "the mapping cannot be verified without UPnP: 192.168.77.1 speaks UPnP, but offers "
                    + "no port mapping by it"
            ),
            (.inexpressible("NAT-PMP cannot say it"), "NAT-PMP cannot say it"),
            (.noSuchService("X"), "no UPnP device on this network offers X"),
            (
                .unmappedElsewhere(gateway: .router),
                "another process has deleted the mapping on 192.168.77.1"
            ),
            (.system(cause), "network error on this host: connect: Connection refused"),
            (
                .leaseFile(path: "/leases.json", problem: "it is damaged"),
                #"the lease file "/leases.json" cannot be used: it is damaged"#
            ),
        ] as [(PortMapperError, String)])
    func describes(error: PortMapperError, sentence: String) {
        #expect(error.description == sentence)
    }
}
