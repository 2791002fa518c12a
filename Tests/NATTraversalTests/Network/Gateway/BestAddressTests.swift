import Testing

@testable import NATTraversal

@Suite("Best address") struct BestAddressTests {
    /// An address of an interface that is up; the flags are the kernel's.
    private func address(
        _ text: String, on name: String = "eth0", index: UInt32 = 2, flags: UInt32 = 0,
        linkFlags: UInt32 = 1
    ) throws -> NetworkInterface {
        let address = InterfaceAddress(
            interfaceIndex: index, address: try #require(IPAddress(text)), peer: nil,
            prefixLength: 24, flags: flags)
        return NetworkInterface(
            address, of: InterfaceLink(index: index, name: name, flags: linkFlags))
    }

    private func gateway(_ text: String) throws -> Gateway {
        Gateway(
            address: try #require(IPAddress(text)), interface: "eth0", interfaceIndex: 2,
            isPointToPoint: false, rank: 1, reason: "default route")
    }

    @Test(
        "without a gateway is the first public, else the first private, else any, else loopback",
        arguments: [
            (["169.254.1.2", "192.168.1.2", "10.0.0.2", "8.8.8.8", "9.9.9.9"], "8.8.8.8"),
            (["169.254.1.2", "192.168.1.2", "10.0.0.2"], "192.168.1.2"),
            (["169.254.1.2", "100.64.0.2", "::1"], "169.254.1.2"),
            ([], "127.0.0.1"),
        ])
    func choosesIPv4(texts: [String], best: String) throws {
        let interfaces = try texts.map { try address($0) }
        #expect(BestAddress(.ipv4, among: interfaces, gateway: nil).address.description == best)
    }

    @Test(
        "of IPv6 is chosen alike, unique-local addresses being the private ones",
        arguments: [
            (["fe80::2", "fd77::2", "2600::2"], "2600::2"), (["fe80::2", "fd77::2"], "fd77::2"),
            (["fe80::2", "1.2.3.4"], "fe80::2"), (["1.2.3.4"], "::1"),
        ])
    func choosesIPv6(texts: [String], best: String) throws {
        let interfaces = try texts.map { try address($0) }
        #expect(BestAddress(.ipv6, among: interfaces, gateway: nil).address.description == best)
    }

    @Test("is not on an interface that is down, not loopback, not tentative, not soon deprecated")
    func choosesUsable() throws {
        let interfaces = [
            try address("8.8.8.1", linkFlags: 0), try address("8.8.8.2", linkFlags: 9),
            try address("8.8.8.3", flags: 0x40), try address("8.8.8.4", flags: 0x20),
        ]
        let deprecated = BestAddress(.ipv4, among: interfaces, gateway: nil)
        #expect(deprecated.address.description == "8.8.8.4")
        let current = try address("10.0.0.1")
        let best = BestAddress(.ipv4, among: interfaces + [current], gateway: nil)
        #expect(best.address.description == "10.0.0.1")
    }

    @Test("with a gateway is what the kernel uses towards it")
    func followsTheKernel() throws {
        let interfaces = [try address("8.8.8.8"), try address("192.168.1.2")]
        let best = BestAddress(
            towards: try gateway("192.168.1.1"), source: try #require(IPAddress("192.168.1.2")),
            among: interfaces)
        #expect(best.address.description == "192.168.1.2")
        #expect(best.interface == "eth0")
        let wide = BestAddress(
            towards: try gateway("fd77::1"), source: try #require(IPAddress("fd77::2")),
            among: [try address("fd77::2"), try address("2600::2")])
        #expect(wide.address.description == "fd77::2")
    }

    @Test("towards a link-local router is the global one that a pinhole would open (N-18)")
    func choosesPinhole() throws {
        let linkLocal = try #require(IPAddress("fe80::2"))
        let interfaces = [
            try address("fe80::2"), try address("fd77::2"), try address("2600::1", flags: 0x20),
            try address("2600::2", flags: 0x40), try address("2600::3", index: 3),
            try address("2600::4", flags: 0x01), try address("2600::5"),
        ]
        func best(_ count: Int) throws -> String {
            BestAddress(
                towards: try gateway("fe80::1"), source: linkLocal,
                among: Array(interfaces.prefix(count))
            ).address.description
        }
        #expect(try best(7) == "2600::5")
        #expect(try best(6) == "2600::4")
        #expect(try best(5) == "fe80::2")
    }
}
