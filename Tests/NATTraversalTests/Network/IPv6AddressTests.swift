import Testing

@testable import NATTraversal

@Suite("IPv6 address") struct IPv6AddressTests {
    @Test(
        "is written as RFC 5952 says",
        arguments: [
            ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("fe80::1", "fe80::1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::ffff:192.168.1.1", "::ffff:192.168.1.1"),
            ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
        ])
    func writes(text: String, canonical: String) {
        #expect(IPv6Address(text)?.description == canonical)
    }

    @Test(
        "refuses what is not an address",
        arguments: [
            "", ":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::",
            "::1.2.3", "1.2.3.4::", "fe80::1%eth0", "[::1]", " ::1", "1:2:3:4:5:6:7:8::", "+1::",
        ])
    func refuses(text: String) {
        #expect(IPv6Address(text) == nil)
    }
}
