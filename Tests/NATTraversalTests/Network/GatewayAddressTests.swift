import Testing

@testable import NATTraversal

@Suite("Gateway literal") struct GatewayAddressTests {
    struct Form: Sendable {
        var text: String
        var address: String
        var zone: String?
        var port: UInt16?
    }

    @Test(
        "is an address with a zone and a port where they are given",
        arguments: [
            Form(text: "192.168.1.1", address: "192.168.1.1"),
            Form(text: "192.168.1.1:5351", address: "192.168.1.1", port: 5351),
            Form(text: "127.0.0.1:65535", address: "127.0.0.1", port: 65535),
            Form(text: "fd77::1", address: "fd77::1"),
            Form(text: "::1", address: "::1"),
            Form(text: "[::1]:1", address: "::1", port: 1),
            Form(text: "fe80::1%eth0", address: "fe80::1", zone: "eth0"),
            Form(text: "fe80::1%2", address: "fe80::1", zone: "2"),
            Form(text: "[fe80::1%br-lan.7]:5351", address: "fe80::1", zone: "br-lan.7", port: 5351),
            Form(text: "fe80::1%abcdefghijklmno", address: "fe80::1", zone: "abcdefghijklmno"),
        ])
    func reads(form: Form) throws {
        let literal = try #require(GatewayAddress(form.text))
        #expect(literal.address.description == form.address)
        #expect(literal.zone == form.zone)
        #expect(literal.port?.rawValue == form.port)
        #expect(literal.description == form.text)
    }

    @Test("takes brackets without a port, and IPv4 in its mapped form, as the plain address")
    func normalises() {
        #expect(GatewayAddress("[fe80::1%2]") == GatewayAddress("fe80::1%2"))
        #expect(GatewayAddress("[fe80::1%25eth0]:80") == GatewayAddress("[fe80::1%eth0]:80"))
        #expect(GatewayAddress("fe80::1%25") == GatewayAddress("fe80::1%25"))
        #expect(GatewayAddress("[::ffff:192.168.1.1]:80") == GatewayAddress("192.168.1.1:80"))
    }

    @Test(
        "refuses names, ranges, half forms and addresses of no host",
        arguments: [
            "", "router", "fritz.box", "router:5351", "192.168.1.1:", "192.168.1.1:0",
            "192.168.1.1:65536", "192.168.1.1:+1", "192.168.1.1:5351:1", "192.168.1",
            "192.168.1.1/24", "192.168.1.1%eth0", "192.168.1.1%eth0:5351", "[192.168.1.1]",
            "[192.168.1.1]:5351", " 192.168.1.1", "192.168.1.1 ", ":5351", "[]", "[]:5351",
            "[fe80::1", "fe80::1]", "[fe80::1]5351", "[fe80::1]:", "[fe80::1]:0", "[fe80::1]]:1",
            "fe80::1%", "fe80::1%a%b", "fe80::1%eth 0", "fe80::1%eth/0", "fe80::1%a:b",
            "fe80::1%abcdefghijklmnop", "fe80::1%é", "[fe80::1%]:5351", "::ffff:1.2.3.4%eth0",
            "0.0.0.0", "::", "224.0.0.1", "ff02::1%eth0", "[::]:5351", "http://192.168.1.1",
        ])
    func refuses(text: String) {
        #expect(GatewayAddress(text) == nil)
    }

    @Test(
        "is named by its socket, port 5351 left out, in a form that is read back as the same",
        arguments: [
            ("192.168.1.1", 5351, 0, "192.168.1.1"), ("192.168.1.1", 5352, 0, "192.168.1.1:5352"),
            ("fe80::1", 5351, 1, "fe80::1%lo"), ("fe80::1", 5352, 1, "[fe80::1%lo]:5352"),
            ("fe80::1", 5351, 99_999, "fe80::1%99999"),
            ("fd77::1", 5352, 0, "[fd77::1]:5352"), ("::ffff:10.0.0.1", 5351, 0, "10.0.0.1"),
        ] as [(String, UInt16, UInt32, String)])
    func names(host: String, port: UInt16, scopeID: UInt32, text: String) throws {
        let host = try #require(IPAddress(host))
        let gateway = GatewayAddress(SocketAddress(host, port: port, scopeID: scopeID))
        #expect(gateway.description == text)
        #expect(GatewayAddress(text) == gateway)
        #expect(GatewayAddress(host).description == host.unmapped.description)
    }

    @Test(
        "has a zone by the name or the number of an interface that is there",
        arguments: [
            ("lo", 1), ("1", 1), ("0", nil), ("4294967295", nil), ("99999999999", nil), ("", nil),
            ("lo0", nil),
        ] as [(String, UInt32?)])
    func findsZone(zone: String, index: UInt32?) {
        #expect(SocketAddress.scopeID(zone: zone) == index)
    }
}
