import Foundation
import TestSupport
import Testing

/// IPv6 as a router's advertisements make it, and a router that opens ports by PCP alone.
private let byPCPAlone: [LabOption] = [.slaac, .config("enable_upnp=no")]

@Suite("A port of IPv6 on a real router", .needsLab, .timeLimit(.minutes(30))) struct IPv6Tests {
    static let stable = "2a00:77:1::10"

    /// The client's temporary address, which the kernel has drawn.
    private func temporaryAddress(_ lab: Lab) async throws -> String {
        let words = try await lab.on(.client, "ip -6 -o addr show dev eth0 temporary").output
            .split(separator: " ").map(String.init)
        let text = try #require(words.first { $0.hasSuffix("/64") })
        return String(text.dropLast(3))
    }

    @Test(
        "is opened at the stable address, reached from the WAN only while it is open, and closed",
        arguments: ["tcp", "udp"])
    func lives(transport: String) async throws {
        try await Lab.run(byPCPAlone) { lab in
            try await lab.serve(transport, "8080")
            #expect(try await lab.reach(transport, "8080", at: Self.stable) == ["silent"])

            let text = try await lab.natctl("map \(transport) 8080 -6")
            #expect(
                text.lines == [
                    "\(transport) [\(Self.stable)]:8080 <- [\(Self.stable)]:8080  pcp, 2h"
                ], "\(text.errors)")
            #expect(text.errors == "")
            #expect(
                try await lab.reach(transport, "8080", at: Self.stable) == ["\(transport) 8080"])
            #expect(try await lab.pinholeCount() == 1)
            // Nothing of IPv4 is mapped.
            #expect(try await lab.ruleCount() == 0)

            let list = try await lab.natctl("list --leases --json")
            let lease = try #require(try list.document.mappings?.first)
            #expect(lease.gateway == "fe80::1%eth0")
            #expect(lease.internalAddress == Self.stable)
            #expect(lease.externalAddress == Self.stable)

            let unmapped = try await lab.natctl("unmap \(transport) 8080 --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(try unmapped.document.mappings?.map(\.externalPort) == [8080])
            #expect(try unmapped.document.warnings?.isEmpty == true)
            #expect(try await lab.pinholeCount() == 0)
            #expect(try await lab.reach(transport, "8080", at: Self.stable) == ["silent"])
        }
    }

    @Test("that was renewed is closed, or its end is told by a router that has lost the nonce")
    func losesNonce() async throws {
        try await Lab.run(byPCPAlone) { lab in
            for _ in 0..<2 {
                let mapped = try await lab.natctl("map both 8080-8081 -6 --json")
                #expect(mapped.status == 0, "\(mapped.errors)")
                #expect(try mapped.document.mappings?.map(\.lifetime) == [7200, 7200, 7200, 7200])
                #expect(try await lab.pinholeCount() == 4)
            }
            let unmapped = try await lab.natctl("unmap both 8080-8081 -6 --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            let codes = try #require(try unmapped.document.warnings).map(\.code)
            let gone = try #require(try unmapped.document.mappings).count
            // miniupnpd 2.3.1 has lost all four, 2.3.11 none.
            #expect(codes.allSatisfy { $0 == "stillOpen" })
            #expect(gone + codes.count == 4)
            #expect(try await lab.pinholeCount() == codes.count)
            let left = try #require(
                try await lab.natctl("list --leases --json").document.mappings)
            #expect(left.count == codes.count)
            #expect(left.allSatisfy { $0.lifetime.map { (1...120).contains($0) } ?? false })
        }
    }

    @Test("is one of the address that is named, where somebody outside can reach it")
    func namesAddress() async throws {
        try await Lab.run(byPCPAlone) { lab in
            let temporary = try await temporaryAddress(lab)
            try await lab.serve("tcp", "8080")
            let map = "map tcp 8080 -6 --json --internal-address"
            let mapped = try await lab.natctl("\(map) \(temporary)")
            #expect(try mapped.document.mappings?.map(\.internalAddress) == [temporary])
            #expect(try await lab.reach("tcp", "8080", at: temporary) == ["tcp 8080"])
            #expect(try await lab.reach("tcp", "8080", at: Self.stable) == ["silent"])
            for (address, status) in [
                ("2a00:77:9::10", 64), ("fd77::10", 64), ("fe80::10", 64), ("192.168.77.10", 64),
                ("2a00:77:1::99", 77),
            ] {
                let refused = try await lab.natctl("\(map) \(address)")
                #expect(refused.status == status, "\(address): \(refused.errors)")
                #expect(refused.isPrompt, "\(address): \(refused.seconds) s")
            }
            #expect(try await lab.pinholeCount() == 1)
            #expect(try await lab.natctl("unmap --all -6").status == 0)
        }
    }

    @Test(
        "is opened and closed again by an interface of any name the kernel allows",
        arguments: ["wlän0", "[x]", "25g0", "9"])
    func namesInterface(name: String) async throws {
        try await Lab.run(byPCPAlone) { lab in
            for words in [
                ["set", "eth0", "down"], ["set", "eth0", "name", name], ["set", name, "up"],
            ] {
                try await lab.on(.client, words: ["ip", "link"] + words)
            }
            try await lab.on(
                .client,
                words: ["ip", "addr", "add", "\(Self.stable)/64", "dev", name, "nodad"])
            try await lab.on(
                .client,
                words: ["ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", name])
            let mapped = try await lab.natctl("map tcp 8080 -6 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            let gateway = try #require(try mapped.document.mappings?.first?.gateway)
            // As the lease names it, a user can.
            let again = try await lab.natctl("map tcp 8081 -6 --gateway \(gateway)")
            #expect(again.status == 0, "\(again.errors)")
            #expect(try await lab.natctl("list --leases -q").lines.count == 2)
            let unmapped = try await lab.natctl("unmap tcp 8080-8081 --json")
            #expect(try unmapped.document.mappings?.count == 2)
            #expect(try await lab.pinholeCount() == 0)
        }
    }

    @Test("warns when answers would go to another router of the same link-local address (X-3)")
    func distinguishesLinks() async throws {
        try await Lab.run(byPCPAlone) { lab in
            // Many routers are fe80::1; this one opens nothing.
            for command in [
                "ip link add line2 type veth peer name far", "ip link set line2 up",
                "ip link set far up", "ip addr add 2a00:77:8::10/64 dev line2 nodad",
                "ip -6 route add default via fe80::1 dev line2 metric 50",
            ] {
                try await lab.on(.client, command)
            }
            let elsewhere = try await lab.natctl("map tcp 8080 -6 --gateway fe80::1%eth0 --json")
            #expect(elsewhere.status == 0, "\(elsewhere.errors)")
            #expect(try elsewhere.document.warnings?.map(\.code) == ["repliesElsewhere"])
            // Another interface on the gateway's own link leads to the same router.
            try await lab.on(.client, "ip addr add 2a00:77:1::11/64 dev line2 nodad")
            let here = try await lab.natctl("map tcp 8080 -6 --gateway fe80::1%eth0 --json")
            #expect(try here.document.warnings?.map(\.code) == [])
        }
    }

    @Test("leaves list without IPv4's table, which says that IPv6 has a gateway")
    func lacksIPv4() async throws {
        try await Lab.run(byPCPAlone) { lab in
            try await lab.on(.client, "ip -4 route flush table main")
            let list = try await lab.natctl("list --json")
            #expect(list.status == 0, "\(list.errors)")
            let warning = try #require(try list.document.warnings?.first)
            #expect(warning.code == "leasesOnly")
            #expect(warning.message.contains("has an IPv6 gateway but no IPv4 gateway"))
        }
    }

    @Test("is opened nowhere without a stable global address, and the reason is said")
    func lacksAddress() async throws {
        try await Lab.run(byPCPAlone) { lab in
            func failure(_ command: String) async throws -> String {
                let outcome = try await lab.natctl(command)
                #expect(outcome.status == 69, "\(outcome.errors)")
                #expect(outcome.isPrompt, "\(command): \(outcome.seconds) s")
                return outcome.errors
            }
            try await lab.on(.client, "ip addr change 2a00:77:1::10/64 dev eth0 preferred_lft 0")
            #expect(
                try await failure("map tcp 8080 -6").contains("eth0 has no global IPv6 address"))
            #expect(try await failure("external-ip -6").contains("eth0"))
            try await lab.on(.client, "ip -6 addr flush dev eth0 scope global")
            try await lab.on(.client, "ip addr add fd77::10/64 dev eth0 nodad")
            #expect(try await failure("map tcp 8080 -6").contains("unique-local"))
            let gateway = try await lab.natctl("gateway --gateway fe80::1%eth0 --json")
            #expect(gateway.status == 0, "\(gateway.errors)")
            #expect(
                try await failure("map tcp 8080 -6 --gateway fe80::1%4294967295")
                    .contains("there is no interface 4294967295"))
            #expect(try await lab.pinholeCount() == 0)
            try await lab.on(.client, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
            #expect(
                try await failure("map tcp 8080 -6 --gateway fd77::1")
                    .contains("no IPv6 address at all"))
        }
    }

    /// What `gateway --json` says of the gateways.
    private struct Gateways: Decodable {
        struct Gateway: Decodable {
            struct Technique: Decodable {
                var technique: String
                var available: Bool
                var epoch: Int?
            }
            var address: String
            var localAddress: String?
            var diagnosis: String?
            var techniques: [Technique]
        }
        var gateways: [Gateway]
    }

    @Test("and its router are shown, with the zone, and nothing is opened")
    func shows() async throws {
        try await Lab.run(.slaac) { lab in
            let outcome = try await lab.natctl("gateway --json")
            let document = try JSONDecoder().decode(Gateways.self, from: Data(outcome.output.utf8))
            let gateway = try #require(document.gateways.last)
            #expect(gateway.address == "fe80::1%eth0")
            #expect(gateway.localAddress == Self.stable)
            #expect(gateway.diagnosis == "public")
            #expect(gateway.techniques.map(\.technique) == ["pcp", "upnp"])
            #expect(gateway.techniques.first?.available == true)

            let address = try await lab.natctl("external-ip -6 --json")
            #expect(address.status == 0, "\(address.errors)")
            #expect(try address.document.address == Self.stable)
            #expect(try address.document.technique == "pcp")
            #expect(try await lab.natctl("external-ip -6 -q").lines == [Self.stable])
            #expect(try await lab.pinholeCount() == 0)
        }
    }

    @Test("of a router that opens none is told all the same, without a technique")
    func isNotOpened() async throws {
        try await Lab.run(.slaac, .noDaemon) { lab in
            let address = try await lab.natctl("external-ip -6 --json")
            #expect(address.status == 0, "\(address.errors)")
            #expect(try address.document.address == Self.stable)
            #expect(try address.document.technique == nil)
            let text = try await lab.natctl("external-ip -6")
            #expect(text.lines == [Self.stable])
            #expect(text.errors.contains("no gateway offers to open this address"))
            let mapped = try await lab.natctl("map tcp 8080 -6 --json")
            #expect(mapped.status == 69, "\(mapped.errors)")
            #expect(mapped.seconds < 5)
        }
    }

    @Test("is closed when COMMAND ends")
    func runsCommand() async throws {
        try await Lab.run(byPCPAlone) { lab in
            let outcome = try await lab.natctl(
                "map tcp 8080 -6 -- on router nft list chain inet filter miniupnpd")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("@nh,192,128"))
            #expect(try await lab.pinholeCount() == 0)
        }
    }

    @Test("that is held is open again after its router has restarted")
    func restarts() async throws {
        try await Lab.run(.slaac, .config("enable_upnp=no"), .config("system_uptime=yes")) { lab in
            try await lab.serve("tcp", "8080")
            try await lab.natctl(staying: "map tcp 8080 -6 --keep") { tool in
                try await tool.waits(for: "mapped")
                try await lab.routerDaemon("restart")
                try await lab.wait(for: "the open port", within: .seconds(20)) {
                    try await lab.reach("tcp", "8080", at: Self.stable) == ["tcp 8080"]
                }
            }
        }
    }
}
