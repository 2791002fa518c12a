import Testing

@testable import NATTraversal

@Suite("Address scope") struct AddressScopeTests {
    @Test(
        "of IPv4 changes exactly at the registry's borders",
        arguments: [
            ("0.0.0.0", .unspecified), ("0.0.0.1", .reserved), ("0.255.255.255", .reserved),
            ("1.0.0.0", .public), ("8.8.8.8", .public), ("11.22.33.1", .public),
            ("9.255.255.255", .public), ("10.0.0.0", .private), ("10.255.255.255", .private),
            ("11.0.0.0", .public),
            ("100.63.255.255", .public), ("100.64.0.0", .shared), ("100.127.255.255", .shared),
            ("100.128.0.0", .public),
            ("126.255.255.255", .public), ("127.0.0.0", .loopback), ("127.0.0.1", .loopback),
            ("127.255.255.255", .loopback), ("128.0.0.0", .public),
            ("169.253.255.255", .public), ("169.254.0.0", .linkLocal),
            ("169.254.255.255", .linkLocal), ("169.255.0.0", .public),
            ("172.15.255.255", .public), ("172.16.0.0", .private), ("172.31.255.255", .private),
            ("172.32.0.0", .public),
            ("191.255.255.255", .public), ("192.0.0.0", .reserved), ("192.0.0.2", .reserved),
            ("192.0.0.8", .reserved), ("192.0.0.9", .reserved), ("192.0.0.10", .reserved),
            ("192.0.0.11", .reserved), ("192.0.0.170", .reserved), ("192.0.0.255", .reserved),
            ("192.0.1.0", .public), ("192.0.1.255", .public), ("192.0.2.0", .documentation),
            ("192.0.2.255", .documentation), ("192.0.3.0", .public),
            ("192.31.195.255", .public), ("192.31.196.0", .reserved), ("192.31.197.0", .public),
            ("192.52.193.7", .reserved), ("192.52.194.0", .public),
            ("192.88.98.255", .public), ("192.88.99.0", .reserved), ("192.88.100.0", .public),
            ("192.167.255.255", .public), ("192.168.0.0", .private),
            ("192.168.255.255", .private), ("192.169.0.0", .public),
            ("192.175.48.255", .reserved), ("192.175.49.0", .public),
            ("198.17.255.255", .public), ("198.18.0.0", .reserved),
            ("198.19.255.255", .reserved), ("198.20.0.0", .public),
            ("198.51.99.255", .public), ("198.51.100.0", .documentation),
            ("198.51.100.255", .documentation), ("198.51.101.0", .public),
            ("203.0.112.255", .public), ("203.0.113.0", .documentation),
            ("203.0.113.255", .documentation), ("203.0.114.0", .public),
            ("223.255.255.255", .public), ("224.0.0.0", .multicast),
            ("239.255.255.255", .multicast), ("240.0.0.0", .reserved),
            ("255.255.255.254", .reserved), ("255.255.255.255", .reserved),
        ] as [(String, AddressScope)])
    func classifiesIPv4(text: String, scope: AddressScope) throws {
        let address = try #require(IPv4Address(text))
        #expect(IPAddress.v4(address).scope == scope)
        #expect(IPv6Address(mapping: address).scope == scope, "mapped")
    }

    @Test(
        "of IPv6 changes exactly at the registry's borders",
        arguments: [
            ("::", .unspecified), ("::1", .loopback), ("::2", .reserved),
            ("::192.168.1.1", .reserved), ("::1:0:0", .reserved),
            ("64:ff9b:1::8.8.8.8", .reserved), ("64:ff9b:2::", .reserved),
            ("100::1", .reserved), ("100:0:0:1::1", .reserved), ("1fff:ffff::", .reserved),
            ("2000::", .public), ("2001::1", .reserved), ("2001:1::1", .reserved),
            ("2001:1::3", .reserved), ("2001:2::1", .reserved), ("2001:4:112::1", .reserved),
            ("2001:20::1", .reserved), ("2001:30::1", .reserved), ("2001:1ff:ffff::", .reserved),
            ("2001:200::", .public), ("2001:db7:ffff::", .public),
            ("2001:db8::", .documentation), ("2001:db8:ffff:ffff::1", .documentation),
            ("2001:db9::", .public), ("2003::1", .public), ("2620:4f:7fff::1", .public),
            ("2620:4f:8000::1", .reserved), ("2620:4f:8001::1", .public),
            ("3ffe:ffff::", .public), ("3fff::", .documentation),
            ("3fff:0fff::", .documentation), ("3fff:1000::", .public), ("4000::", .reserved),
            ("5f00::1", .reserved), ("fbff:ffff::", .reserved), ("fc00::", .uniqueLocal),
            ("fd77::10", .uniqueLocal), ("fdff:ffff::", .uniqueLocal), ("fe00::", .reserved),
            ("fe7f:ffff::", .reserved), ("fe80::1", .linkLocal), ("febf:ffff::", .linkLocal),
            ("fec0::", .reserved), ("feff:ffff::", .reserved), ("ff00::", .multicast),
            ("ff02::c", .multicast), ("ffff::", .multicast),
        ] as [(String, AddressScope)])
    func classifiesIPv6(text: String, scope: AddressScope) throws {
        #expect(try #require(IPAddress(text)).scope == scope)
    }

    @Test(
        "of an address that carries an IPv4 address is that one's",
        arguments: [
            ("::ffff:192.168.1.1", .private), ("::ffff:8.8.8.8", .public),
            ("64:ff9b::8.8.8.8", .public), ("64:ff9b::10.0.0.1", .private),
            ("2002:0808:0808::1", .public), ("2002:0a00:0001::1", .private),
            ("2002:6440::1", .shared),
        ] as [(String, AddressScope)])
    func readsTheEmbeddedAddress(text: String, scope: AddressScope) throws {
        #expect(try #require(IPv6Address(text)).scope == scope)
    }
}
