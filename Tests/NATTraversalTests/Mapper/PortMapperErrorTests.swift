import TestSupport
import Testing

@testable import NATTraversal

@Suite("A mapper's error") struct PortMapperErrorTests {
    private static let cause = SystemError("connect", code: 111)

    @Test(
        "says in one sentence what happened",
        arguments: [
            (.noGateway, "this host has no default gateway"),
            (.onlyGatewaysOf(.ipv6), "this host has no IPv4 gateway, but one for IPv6"),
            (.onlyGatewaysOf(.ipv4), "this host has no IPv6 gateway, but one for IPv4"),
            (
                .noRouteBy(
                    interface: "tun0", gateway: PCPVectors.client, itsInterface: "eth0"),
                #"no default route leads out by "tun0": the gateway is 192.168.77.10 on "eth0""#
            ),
            (
                .behindBridge(.unsupported(gateway: .router, technique: .pcp)),
                "192.168.77.1 does not speak PCP. This is a container on a bridge network, where no "
                    + "router maps ports"
            ),
            (.noSuchInterface("eth\n7"), #"there is no interface "eth\n7""#),
            (
                .closed(gateway: .router, cause: cause),
                "192.168.77.1 cannot be asked (Connection refused)"
            ),
            (
                .closed(gateway: .router, technique: .upnp, cause: cause),
                "192.168.77.1 answered the search for UPnP, but its service cannot be reached "
                    + "(Connection refused)"
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
                "192.168.77.1 was found by UPnP, but did not answer within 1.0 seconds"
            ),
            (
                .noAnswer(gateway: .router, technique: .pcp, after: .seconds(1)),
                "192.168.77.1 speaks PCP, but did not answer what it was asked within 1.0 seconds"
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
                "192.168.77.1 has no address on the Internet side"
            ),
            (
                .notPublic(.v4(.loopback), gateway: .router, technique: .pcp),
                "the external address of 192.168.77.1, 127.0.0.1, is loopback, not public: nobody "
                    + "outside can reach it"
            ),
            (.inexpressible("NAT-PMP cannot say it"), "NAT-PMP cannot say it"),
            (.noSuchService("X"), #"no UPnP device here has a service "X""#),
            (
                .unmappedElsewhere(gateway: .router),
                "another process has deleted the mapping on 192.168.77.1"
            ),
            (.system(cause), "this host's network failed: connect: Connection refused"),
            (
                .leaseFile(path: "/leases.json", problem: "it is damaged"),
                #"the lease file "/leases.json" cannot be used: it is damaged"#
            ),
        ] as [(PortMapperError, String)])
    func describes(error: PortMapperError, sentence: String) {
        #expect(error.description == sentence)
    }
}
