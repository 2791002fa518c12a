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
        ] as [(NetlinkRequest, UInt32, String)])
    func encodes(request: NetlinkRequest, sequence: UInt32, hexadecimal: String) {
        #expect(request.encoded(sequence: sequence) == bytes(hexadecimal))
    }
}
