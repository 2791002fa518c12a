import TestSupport
import Testing

/// What a host without a way to the Internet is told.
struct BrokenNetwork: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Commands that break it, each on a host.
    var commands: [(Lab.Host, String)]
    var options: [LabOption] = []
    /// How map and external-ip end.
    var status: Int32 = 69
    /// What the failure says.
    var words: [String]
    /// What list warns of.
    var listCodes = ["leasesOnly"]

    static let all = [
        BrokenNetwork(
            testDescription: "the router's line is down",
            commands: [(.router, "ip link set wan0 down"), (.router, "ip addr flush dev wan0")],
            words: ["192.168.77.1", "Internet connection"], listCodes: []),
        BrokenNetwork(
            testDescription: "this host has no IPv4 address",
            commands: [(.client, "ip -4 addr flush dev eth0")], words: ["no IPv4 gateway", "-6"]),
        BrokenNetwork(
            testDescription: "this host has no address at all",
            commands: [(.client, "ip addr flush dev eth0")], words: ["no default gateway"]),
        BrokenNetwork(
            testDescription: "the cable is out",
            commands: [(.lan, "ip link set client down")], words: ["no default gateway"]),
        BrokenNetwork(
            testDescription: "there is no default route",
            commands: [(.client, "ip route del default"), (.client, "ip -6 route del default")],
            words: ["no default gateway"]),
        BrokenNetwork(
            testDescription: "there is a default route for IPv6 alone",
            commands: [(.client, "ip route del default")], words: ["no IPv4 gateway", "-6"]),
        BrokenNetwork(
            testDescription: "nobody is at the gateway's address",
            commands: [(.router, "ip link set lan0 down")], status: 75, words: ["192.168.77.1"]),
    ]
}

@Suite("Without a way out", .needsLab, .timeLimit(.minutes(30))) struct NoWayOutTests {
    @Test("the failure says what is missing, and soon", arguments: BrokenNetwork.all)
    func tells(network: BrokenNetwork) async throws {
        try await Lab.run(network.options) { lab in
            for (host, command) in network.commands { try await lab.on(host, command) }
            for command in ["map tcp 8080", "external-ip"] {
                let failed = try await lab.natctl(command)
                #expect(failed.status == network.status, "\(command): \(failed.errors)")
                #expect(failed.isPrompt, "\(command): \(failed.seconds) s")
                for word in network.words {
                    #expect(failed.errors.contains(word), "\(command): \(failed.errors)")
                }
            }
            #expect(try await lab.ruleCount() == 0)
            let listed = try await lab.natctl("list --json")
            #expect(listed.status == 0)
            #expect(try listed.codes == network.listCodes)
            #expect(listed.isPrompt, "\(listed.seconds) s")
        }
    }

    @Test("of IPv4, IPv6 is opened all the same, and soon", arguments: PinholeOffer.allCases)
    func hasIPv6(offer: PinholeOffer) async throws {
        try await Lab.run(offer.options) { lab in
            try await lab.on(.client, "ip -4 addr flush dev eth0")
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 -6 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(try mapped.codes == [])
            #expect(try await lab.pinholeCount() == 1)
            #expect(try await lab.reach("tcp", "8080", at: IPv6Tests.stable) == ["tcp 8080"])
            let asked = try await lab.natctl("external-ip -6")
            #expect(asked.lines == [IPv6Tests.stable], "\(asked.errors)")
            let shown = try await lab.natctl("gateway --json")
            #expect(try shown.document.gateways?.map(\.diagnosis) == ["public"])
            let listed = try await lab.natctl("list --json")
            #expect(try listed.document.mappings?.map(\.gateway) == ["fe80::1%eth0"])
            let unmapped = try await lab.natctl("unmap tcp 8080")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(try await lab.pinholeCount() == 0)
            #expect(try await lab.reach("tcp", "8080", at: IPv6Tests.stable) == ["silent"])
            for outcome in [mapped, asked, shown, listed, unmapped] {
                #expect(outcome.isPrompt, "\(outcome.seconds) s")
            }
        }
    }
}
