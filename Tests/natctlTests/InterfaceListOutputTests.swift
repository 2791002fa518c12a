import Testing

@testable import NATTraversal
@testable import natctl

@Suite("list-interfaces output") struct InterfaceListOutputTests {
    /// What an address needs to be listed; the link's flags are IFF_UP 1 and IFF_LOOPBACK 8.
    private func interface(
        _ name: String, _ index: UInt32, _ text: String, _ prefixLength: Int, linkFlags: UInt32 = 1,
        isBest: Bool = false
    ) throws -> NetworkInterface {
        var interface = NetworkInterface(
            InterfaceAddress(
                interfaceIndex: index, address: try #require(IPAddress(text)), peer: nil,
                prefixLength: prefixLength, flags: 0),
            of: InterfaceLink(index: index, name: name, flags: linkFlags))
        if isBest { interface.bestReason = "a test" }
        return interface
    }

    private func interfaces() throws -> [NetworkInterface] {
        [
            try interface("lo", 1, "127.0.0.1", 8, linkFlags: 9),
            try interface("eth0", 2, "fe80::2", 64),
            try interface("eth0", 2, "2001:db8::2", 64, isBest: true),
            try interface("wlan0", 3, "192.168.77.10", 24, isBest: true),
            try interface("eth1", 4, "10.0.0.1", 8, linkFlags: 0),
        ]
    }

    @Test("aligns the columns and marks the best addresses")
    func writesText() throws {
        let output = InterfaceListOutput(try interfaces(), all: false)
        #expect(
            OutputFormat.text.render(output) == """
                INTERFACE  ADDRESS           SCOPE          STATE
                eth0       fe80::2/64        link-local     up
                eth0       2001:db8::2/64    documentation  up     best
                wlan0      192.168.77.10/24  private        up     best
                """)
    }

    @Test("shows loopback and interfaces that are down with --all only")
    func filters() throws {
        let all = InterfaceListOutput(try interfaces(), all: true)
        #expect(all.shown.map(\.name) == ["lo", "eth0", "eth0", "wlan0", "eth1"])
        #expect(
            all.lines(on: Page()).last?.text == "eth1       10.0.0.1/8        private        down")
        let some = InterfaceListOutput(try interfaces(), all: false)
        #expect(some.shown.map(\.name) == ["eth0", "eth0", "wlan0"])
    }

    @Test("is the best addresses alone when quiet, IPv4 first, and loopback for want of another")
    func writesQuiet() throws {
        let output = InterfaceListOutput(try interfaces(), all: false)
        #expect(OutputFormat.quiet.render(output) == "192.168.77.10\n2001:db8::2")
        let loopback = try interface("lo", 1, "127.0.0.1", 8, linkFlags: 9, isBest: true)
        let lonely = InterfaceListOutput([loopback], all: false)
        #expect(OutputFormat.quiet.render(lonely) == "127.0.0.1")
        #expect(OutputFormat.text.render(lonely) == nil)
    }

    @Test("has every key of the contract in JSON, and an empty array when nothing is shown")
    func writesDocument() throws {
        let interface = try interface("eth0", 2, "192.168.77.10", 24, isBest: true)
        #expect(
            InterfaceListOutput([interface], all: false).document == [
                "interfaces": [
                    [
                        "name": "eth0", "index": 2, "address": "192.168.77.10", "prefixLength": 24,
                        "family": "ipv4", "scope": "private", "isUp": true, "isLoopback": false,
                        "isBest": true,
                    ]
                ], "warnings": [],
            ])
        #expect(InterfaceListOutput([], all: true).document == ["interfaces": [], "warnings": []])
    }

    @Test("quotes a name that could drive the terminal (T-6)")
    func quotesNames() throws {
        let output = InterfaceListOutput(
            [try interface("a\u{1B}[2J", 2, "10.0.0.1", 8)], all: false)
        #expect(
            output.lines(on: Page()).last?.text.hasPrefix("\"a\\u{1B}[2J\"  10.0.0.1/8") == true)
    }
}
