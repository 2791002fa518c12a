import TestSupport
import Testing

/// What the routing tables of a real kernel make of the gateways, as `-v` tells them.
@Suite("Gateways of the routing tables", .needsLab, .timeLimit(.minutes(30)))
struct DefaultRouteTests {
    /// The gateways in their order: `192.168.77.1 on eth0`.
    private func gateways(_ lab: Lab) async throws -> [String] {
        try await lab.natctl("list-interfaces -v").errors.split(separator: "\n").compactMap {
            line in
            let words = line.split(whereSeparator: { " ,".contains($0) })
            guard words.count > 5, words[1] == "gateway" else { return nil }
            return words[3...5].joined(separator: " ")
        }
    }

    @Test(
        "stand in the order of their metrics, the tunnel's halves first and bare tunnels last",
        arguments: [
            (["ip route add default via 192.168.77.2 metric 50"], ["192.168.77.2 on eth0"], []),
            (["ip route add default via 192.168.77.2 metric 500"], [], ["192.168.77.2 on eth0"]),
            (
                // a VPN that takes everything over.
                ["ip route add 0.0.0.0/1 via 10.8.0.1", "ip route add 128.0.0.0/1 via 10.8.0.1"],
                ["10.8.0.1 on tun0"], []
            ),
            (["ip route add 0.0.0.0/1 via 10.8.0.1"], [], []),
            (["ip route add default dev tun0"], [], ["10.8.0.1 on tun0"]),
            // a gateway outside of the interface's network.
            (["ip route add default via 10.1.2.3 dev eth0 onlink"], ["10.1.2.3 on eth0"], []),
            (["ip -4 route add default via inet6 fe80::1 dev eth0"], [], ["fe80::1 on eth0"]),
            (
                [
                    "ip route add default metric 300 nexthop via 192.168.77.2 weight 1 "
                        + "nexthop via 192.168.77.3 weight 3"
                ],
                [], ["192.168.77.2 on eth0", "192.168.77.3 on eth0"]
            ),
            (["ip route add unreachable default metric 1"], [], []),
            (["ip route add default via 192.168.77.2 table 100"], [], []),
        ] as [([String], [String], [String])])
    func ranks(commands: [String], before: [String], after: [String]) async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip link add tun0 type veth peer name far")
            try await lab.on(.client, "ip addr add 10.8.0.2 peer 10.8.0.1 dev tun0")
            try await lab.on(.client, "ip link set tun0 up")
            try await lab.on(.client, "ip link set far up")
            for command in commands {
                let outcome = try await lab.on(.client, command)
                #expect(outcome.status == 0, "\(outcome.errors)")
            }
            #expect(
                try await gateways(lab)
                    == before + ["192.168.77.1 on eth0"] + after + ["fd77::1 on eth0"])
        }
    }

    @Test("are read to the end however many other routes there are")
    func readsManyRoutes() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(
                .client,
                words: [
                    "sh", "-c",
                    "awk 'BEGIN { for (i = 0; i < 100000; i++) printf "
                        + "\"route add 20.%d.%d.%d via 192.168.77.1\\n\", "
                        + "i / 65536, i / 256 % 256, i % 256 }' | ip -batch -",
                ])
            let gateway = try await lab.natctl("gateway -q")
            #expect(gateway.lines == ["192.168.77.1"], "\(gateway.errors)")
        }
    }

    @Test("of an interface without a link are passed over")
    func dropsDeadLinks() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip link add cable type veth peer name far")
            try await lab.on(.client, "ip addr add 10.9.0.2/24 dev cable")
            try await lab.on(.client, "ip link set cable up")
            try await lab.on(.client, "ip route add default via 10.9.0.1")
            #expect(try await gateways(lab) == ["192.168.77.1 on eth0", "fd77::1 on eth0"])
        }
    }

    @Test("are asked each by its own interface where two lead to one network (X-3)")
    func distinguishesInterfaces() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip link add wlan0 type veth peer name far")
            try await lab.on(.client, "ip addr add 192.168.77.20/24 dev wlan0")
            try await lab.on(.client, "ip link set wlan0 up")
            try await lab.on(.client, "ip link set far up")
            try await lab.on(.client, "ip route add default via 192.168.77.1 dev wlan0 metric 50")
            #expect(
                try await gateways(lab).prefix(2) == [
                    "192.168.77.1 on wlan0", "192.168.77.1 on eth0",
                ])
            let best = try await lab.natctl("list-interfaces -q")
            #expect(best.lines.first == "192.168.77.20")
        }
    }
}
