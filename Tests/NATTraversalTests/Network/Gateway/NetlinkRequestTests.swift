import Testing

@testable import NATTraversal

@Suite("Netlink request") struct NetlinkRequestTests {
    @Test(
        "is the bytes that the kernel answered",
        arguments: [
            (
                .routes(.ipv4), 1,
                "1c000000 1a000103 01000000 00000000 02000000 00000000 00000000"
            ),
            (
                .routes(.ipv6), 2,
                "1c000000 1a000103 02000000 00000000 0a000000 00000000 00000000"
            ),
            (
                // ip route get 13.0.0.1 from 192.168.77.10
                .route(to: .v4(IPv4Address(rawValue: 0x0D00_0001)), from: PCPVectors.client), 4,
                "2c000000 1a000100 04000000 00000000 02202000 00000000 00000000"
                    + "08000100 0d000001 08000200 c0a84d0a"
            ),
            (.addresses(.ipv6), 5, "18000000 16000103 05000000 00000000 0a000000 00000000"),
            (.addresses(nil), 5, "18000000 16000103 05000000 00000000 00000000 00000000"),
            (
                .links, 7,
                "20000000 12000103 07000000 00000000 00000000 00000000 00000000 00000000"
            ),
            (
                .link(index: 2), 9,
                "20000000 12000100 09000000 00000000 00000000 02000000 00000000 00000000"
            ),
            (
                .linkNamed("eth0"), 9,
                "2c000000 12000100 09000000 00000000 00000000 00000000 00000000 00000000"
                    + "09000300 65746830 00000000"
            ),
            (
                .neighbour(
                    .v6(IPv6Address(rawValue: 0xFD77 << 112 | 1)), interfaceIndex: 2), 11,
                "30000000 1e000100 0b000000 00000000 0a000000 02000000 00000000"
                    + "14000100 fd770000 00000000 00000000 00000001"
            ),
        ] as [(NetlinkRequest, UInt32, String)])
    func encodes(request: NetlinkRequest, sequence: UInt32, hexadecimal: String) {
        #expect(request.encoded(sequence: sequence) == bytes(hexadecimal))
    }
}
