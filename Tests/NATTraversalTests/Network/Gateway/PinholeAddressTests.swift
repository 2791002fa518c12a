import Testing

@testable import NATTraversal

@Suite("The IPv6 address to open (N-18)") struct PinholeAddressTests {
    /// The kernel's flags, as `ip address` names them.
    private static let flags: [String: UInt32] = [
        "temporary": 0x01, "optimistic": 0x04, "dadfailed": 0x08, "deprecated": 0x20,
        "tentative": 0x40, "mngtmpaddr": 0x100,
    ]

    /// `2600::5 deprecated` on eth0, or `2600::5 tentative eth1`.
    private static func address(_ text: String) throws -> NetworkInterface {
        var words = text.split(separator: " ").map(String.init)
        let literal = words.removeFirst()
        let isOther = words.last == "eth1"
        let flags = words.compactMap { Self.flags[$0] }.reduce(0, |)
        let index: UInt32 = isOther ? 3 : 2
        let address = InterfaceAddress(
            interfaceIndex: index, address: try #require(IPAddress(literal)), peer: nil,
            prefixLength: 64, flags: flags)
        return NetworkInterface(
            address, of: InterfaceLink(index: index, name: isOther ? "eth1" : "eth0", flags: 1))
    }

    struct Row: Sendable, CustomStringConvertible {
        var addresses: [String]
        var choice: PinholeAddress

        var description: String { addresses.joined(separator: ", ") }

        init(_ addresses: [String], _ choice: PinholeAddress) {
            (self.addresses, self.choice) = (addresses, choice)
        }

        init(_ addresses: [String], opens text: String) {
            self.init(addresses, .stable(IPAddress(text) ?? .v6(.unspecified)))
        }
    }

    @Test(
        "is a stable global one of the interface towards the gateway",
        arguments: [
            Row(["2600::1"], opens: "2600::1"),
            Row(["fe80::1", "fd77::1", "2600::1 mngtmpaddr"], opens: "2600::1"),
            // The kernel lists temporary ones first, and speaks from them.
            Row(["2600::2 temporary", "2600::1"], opens: "2600::1"),
            Row(["2600::3 deprecated", "2600::1"], opens: "2600::1"),
            Row(["2600::4 tentative", "2600::5 dadfailed", "2600::1"], opens: "2600::1"),
            Row(["2600::6 eth1", "2600::1"], opens: "2600::1"),
            Row(["2001:db8::1", "2600::1"], opens: "2600::1"),
            Row(["fd77::1", "2001:db8::1"], opens: "2001:db8::1"),
            Row(["192.168.1.2"], .none(.noAddress)),
            Row(["2600::6 eth1"], .none(.noAddress)),
            Row(["fe80::1", "2600::6 eth1"], .none(.onlyUnreachable(.linkLocal))),
            Row(["fe80::1", "fd77::1"], .none(.onlyUnreachable(.uniqueLocal))),
            // Of 192.168.1.2 by 6to4, Teredo, site-local, loopback.
            Row(["fe80::1", "2002:c0a8:102::1"], .none(.onlyUnreachable(.private))),
            Row(["fe80::1", "2001:0:1::1"], .none(.onlyUnreachable(.reserved))),
            Row(["fec0::1"], .none(.onlyUnreachable(.reserved))),
            Row(["::1"], .none(.onlyUnreachable(.loopback))),
            Row(["fe80::1", "fd77::1", "2600::3 deprecated"], .none(.onlyDeprecated)),
            Row(["2600::3 deprecated temporary"], .none(.onlyDeprecated)),
            Row(["fe80::1", "2600::4 tentative"], .none(.onlyTentative)),
            Row(["2600::4 optimistic"], .none(.onlyTentative)),
        ])
    func chooses(row: Row) throws {
        let addresses = try row.addresses.map(Self.address)
        #expect(PinholeAddress(among: addresses, interfaceIndex: 2) == row.choice)
    }

    @Test("is no temporary one, which ends before the mapping, unless the user names it")
    func leavesTemporary() throws {
        let addresses = try ["fd77::1", "2600::2 temporary"].map(Self.address)
        let temporary = try #require(IPAddress("2600::2"))
        let choice = PinholeAddress(among: addresses, interfaceIndex: 2)
        #expect(choice == .onlyTemporary(temporary))
        #expect(throws: PortMapperError.self) { try choice.address(of: "eth0") }
        try PinholeAddress.check(temporary, among: addresses)
    }

    @Test(
        "may be named, if somebody outside can reach it",
        arguments: [
            ("2600::1", ""), ("2600::99", ""), ("2001:db8::1", ""), ("fe80::1", "it is link-local"),
            ("fd77::1", "it is unique-local"), ("fd77::99", "it is unique-local"),
            ("::1", "it is loopback"),
            ("2600::3", "it is deprecated: the router no longer announces its prefix"),
            ("2600::4", "2600::4 is tentative, or another host has it too"),
        ])
    func checks(text: String, reason: String) throws {
        let addresses = try ["2600::1", "2600::3 deprecated", "2600::4 tentative"]
            .map(Self.address)
        let address = try #require(IPAddress(text))
        var found = ""
        do throws(PortMapperError) {
            try PinholeAddress.check(address, among: addresses)
        } catch {
            switch error {
            case .unreachable(_, let reason), .noGlobalAddress(_, let reason): found = reason
            default: Issue.record("\(error)")
            }
        }
        #expect(found == reason)
    }
}
