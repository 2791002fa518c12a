import TestSupport
import Testing

@testable import NATTraversal

@Suite("A mapper's error") struct PortMapperErrorTests {
    private static let cause = SystemError("connect", code: 111)

    @Test(
        "says in one sentence what happened",
        arguments: [
            (.noGateway, "this host has no default route with a gateway"),
            (.onlyGatewaysOf(.ipv6), "this host has default routes of IPv6 only"),
            (
                .noRouteBy(
                    interface: "tun0", gateway: PCPVectors.client, itsInterface: "eth0"),
                #"no default route leads out by "tun0", but one by "eth0" to 192.168.77.10"#
            ),
            (
                .behindBridge(.unsupported(gateway: .router, technique: .pcp)),
                "192.168.77.1 does not map ports by PCP, and this process is in a container behind "
                    + "a bridge"
            ),
            (.noSuchInterface("eth\n7"), #"this host has no interface "eth\n7""#),
            (
                .closed(gateway: .router, cause: cause),
                "192.168.77.1 cannot be reached: connect: Connection refused"
            ),
            (
                .closed(gateway: .router, technique: .upnp, cause: cause),
                "192.168.77.1 cannot be reached by UPnP: connect: Connection refused"
            ),
            (
                .unsupported(gateway: .router, technique: .pcp),
                "192.168.77.1 does not map ports by PCP"
            ),
            (
                .noAnswer(gateway: .test("192.168.77.1:5352"), after: .seconds(3)),
                "192.168.77.1:5352 did not answer in 3.0 seconds"
            ),
            (
                .badAnswer(gateway: .router, technique: .natPMP, problem: "it granted port 0"),
                "192.168.77.1 gave a bad NAT-PMP answer: it granted port 0"
            ),
            (
                .refused(
                    GatewayRefusal(
                        gateway: .router, technique: .pcp, code: 2, name: "NOT_AUTHORIZED")),
                "192.168.77.1 refused: PCP NOT_AUTHORIZED (2)"
            ),
            (
                .refused(
                    GatewayRefusal(gateway: .router, technique: .upnp, code: 899, name: nil)),
                "192.168.77.1 refused: UPnP 899"
            ),
            (
                .portTaken(gateway: .router, technique: .pcp, wanted: 80, granted: 1024),
                "192.168.77.1 granted external port 1024 by PCP, not 80"
            ),
            (
                .foreign(gateway: .router, externalPort: 80, client: .v4(.loopback)),
                "external port 80 of 192.168.77.1 leads to 127.0.0.1"
            ),
            (
                .noExternalAddress(gateway: .router, technique: .upnp),
                "192.168.77.1 reported no external address by UPnP"
            ),
            (
                .notPublic(.v4(.loopback), gateway: .router, technique: .pcp),
                "192.168.77.1 reported 127.0.0.1 by PCP, which is loopback and not public"
            ),
            (.inexpressible("NAT-PMP cannot say it"), "NAT-PMP cannot say it"),
            (.noSuchService("X"), #"no UPnP device has a service "X""#),
            (
                .unmappedElsewhere(gateway: .router),
                "another process has deleted the mapping on 192.168.77.1"
            ),
            (.system(cause), "a system call failed: connect: Connection refused"),
            (
                .leaseFile(path: "/leases.json", problem: "it is damaged"),
                #"the lease file "/leases.json" cannot be used: it is damaged"#
            ),
        ] as [(PortMapperError, String)])
    func describes(error: PortMapperError, sentence: String) {
        #expect(error.description == sentence)
    }
}
