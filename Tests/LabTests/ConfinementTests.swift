import Foundation
import TestSupport
import Testing

@Suite("natctl on a LAN client", .needsLab, .timeLimit(.minutes(30))) struct ConfinementTests {
    @Test("needs no privilege")
    func unprivileged() async throws {
        try await Lab.run { lab in
            // A user namespace without a user in it: nobody, with no capability over the network.
            let mapped = try await lab.on(
                .client, "unshare --user \(Lab.natctl.path) map tcp 8080 -q")
            #expect(mapped.lines == ["8080"], "\(mapped.errors)")
        }
    }

    @Test("runs in a lab that an ordinary user made", .enabled(if: Lab.nobodyCanRunIt))
    func ordinaryUser() async throws {
        try await Lab.run([], asNobody: true) { lab in
            let mapped = try await lab.natctl("map tcp 8080 -q")
            #expect(mapped.lines == ["8080"], "\(mapped.errors)")
        }
    }

    @Test(
        "searches only where a default route leads (X-2)",
        arguments: ["map tcp 8080 --via upnp", "upnp-scan"])
    func searchesOnRoutedLinks(arguments: String) async throws {
        try await Lab.run { lab in
            // Docker's bridge, and how much is sent there.
            for command in [
                "ip link add docker0 type veth peer name container0",
                "ip addr add 172.17.0.1/16 dev docker0", "ip link set container0 up",
                "ip link set docker0 up multicast on",
                "ip route add 239.0.0.0/8 dev docker0 metric 1", "nft add table inet search",
                "nft add chain inet search out { type filter hook output priority 0 ; }",
                "nft add rule inet search out oifname docker0 udp dport 1900 counter",
                "nft add rule inet search out oifname eth0 udp dport 1900 counter",
            ] {
                let done = try await lab.on(.client, command)
                try #require(done.status == 0, "\(done.errors)")
            }
            #expect(try await lab.natctl(arguments).status == 0)
            let rules = try await lab.on(.client, "nft list table inet search").lines
            let counters = rules.filter { $0.contains("packets") }
            #expect(counters.count == 2)
            #expect(counters.first?.contains("packets 0 ") == true, "\(counters)")
            #expect(counters.last?.contains("packets 0 ") == false, "\(counters)")
        }
    }

    // T-10
    @Test(
        "listens on no TCP port",
        arguments: [
            "map tcp 8080", "unmap tcp 8080 --via nat-pmp", "external-ip", "gateway", "list",
            "map tcp 8080 --via upnp", "upnp-scan",
            "upnp-scan --location http://192.168.77.1:5000/d.xml",
            "upnp-call WANIPConnection GetExternalIPAddress",
        ])
    func listensNowhere(arguments: String) async throws {
        try await Lab.run(.silentGateway) { lab in
            let process = try await lab.start("\(Lab.natctl.path) \(arguments)")
            try await lab.waitUntilGatewayIsAsked()
            #expect(try await lab.on(.client, "ss -H -l -n -t").output == "")
            try await lab.signal(SIGINT, to: process)
            _ = try await lab.finish(process)
        }
    }
}
