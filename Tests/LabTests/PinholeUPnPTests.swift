import TestSupport
import Testing

@Suite("An IPv6 port on a real router by UPnP alone", .needsLab, .timeLimit(.minutes(30)))
struct PinholeUPnPTests {
    private static let client = "2a00:77:1::10"
    /// A router that answers nothing at PCP's port.
    private static let options: [LabOption] = [
        .slaac, .filter("meta nfproto ipv6 udp dport 5351 reject"),
        .config("lease_file6=/run/lab/router/leases6"),
    ]

    /// Lends a lab in which the client's link-local address is tentative for a second or two, so that
    /// the router answers a search from another address than `fe80::1`.
    private static func run(body: (Lab) async throws -> Void) async throws {
        try await Lab.run(options, body: body)
    }

    /// How long the router means to keep its pinholes, in seconds, as its lease file says.
    private static func leases(_ lab: Lab) async throws -> [Int] {
        let file = try await lab.on(.router, "cat /run/lab/router/leases6").lines
        let now = try await lab.on(.router, "date +%s").lines.first.flatMap { Int($0) } ?? 0
        return file.compactMap { $0.split(separator: ";").compactMap { Int($0) }.max() }
            .map { $0 - now }
    }

    @Test(
        "is reached from the WAN while it is open, renewed by a second process and closed by a third",
        arguments: ["tcp", "udp"])
    func lives(transport: String) async throws {
        try await Self.run { lab in
            try await lab.serve(transport, "8080")
            #expect(
                try await lab.reach(transport, "8080", at: Self.client) != ["\(transport) 8080"])
            let map = "map -6 \(transport) 8080 --lifetime 10m --json"
            let first = try await lab.natctl(map)
            #expect(first.status == 0, "\(first.errors)")
            let mapping = try #require(first.document.mappings?.first)
            #expect(mapping.internalAddress == Self.client)
            #expect(mapping.externalAddress == Self.client)
            #expect(mapping.externalPort == 8080)
            #expect(mapping.technique == "upnp")
            #expect(mapping.lifetime == 600)
            #expect(mapping.gateway == "fe80::1%eth0")
            #expect(first.errors == "")
            #expect(try first.codes == [])
            #expect(first.isPrompt, "\(first.seconds) s")
            #expect(
                try await lab.reach(transport, "8080", at: Self.client) == ["\(transport) 8080"])

            let second = try await lab.natctl(map)
            #expect(second.status == 0, "\(second.errors)")
            // Not the router's uptime and the lease, as AddPinhole alone would leave it.
            for lease in try await Self.leases(lab) { #expect((590...600).contains(lease)) }

            let third = try await lab.natctl("unmap \(transport) 8080 --json")
            #expect(third.status == 0, "\(third.errors)")
            #expect(try third.document.mappings?.count == 1)
            #expect(
                try await lab.reach(transport, "8080", at: Self.client) != ["\(transport) 8080"])
        }
    }

    @Test("is closed and nothing else, when identifiers have begun anew after a restart (A-25)")
    func survivesRestart() async throws {
        try await Self.run { lab in
            try await lab.serve("tcp", "8080-8081")
            let first = try await lab.natctl("map -6 tcp 8080 --via upnp")
            #expect(first.status == 0, "\(first.errors)")
            try await lab.on(.router, "router-daemon restart")
            #expect(try await lab.natctl("map -6 tcp 8081 --via upnp").status == 0)
            #expect(try await lab.natctl("unmap -6 tcp 8080").status == 0)
            #expect(try await lab.reach("tcp", "8081", at: Self.client) == ["tcp 8081"])
            #expect(try await lab.natctl("unmap -6 --all").status == 0)
            #expect(try await lab.reach("tcp", "8081", at: Self.client) != ["tcp 8081"])
        }
    }

    @Test("lets one peer in and no other")
    func limitsPeer() async throws {
        try await Self.run { lab in
            try await lab.serve("tcp", "8080")
            let outcome = try await lab.natctl(
                "map -6 tcp 8080 --remote-host 2a00:77:2::9 --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.document.mappings?.first?.technique == "upnp")
            #expect(try await lab.reach("tcp", "8080", at: Self.client) != ["tcp 8080"])
            #expect(
                try await lab.natctl("map -6 tcp 8080 --remote-host 2a00:77:2::2").status == 0)
            #expect(try await lab.reach("tcp", "8080", at: Self.client) == ["tcp 8080"])
        }
    }

    @Test("is shown as what the gateway offers")
    func isDiagnosed() async throws {
        try await Self.run { lab in
            let outcome = try await lab.natctl("gateway --gateway fe80::1%eth0 --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("\"technique\":\"upnp\""))
            let address = try await lab.natctl("external-ip -6")
            #expect(address.lines == [Self.client])
        }
    }
}
