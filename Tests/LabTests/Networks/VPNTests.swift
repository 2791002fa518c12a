import TestSupport
import Testing

@Suite("Beside a VPN (X-1)", .needsLab, .timeLimit(.minutes(30))) struct VPNTests {
    /// A way to send traffic into the tunnel, and perhaps a way back for what came through the router.
    struct Routes: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var commands: [String]
        /// Whether answers from the mapped address leave through the router.
        var hasWayBack: Bool

        static let halves = [
            "ip route add 0.0.0.0/1 via 10.8.0.1", "ip route add 128.0.0.0/1 via 10.8.0.1",
        ]
        static let tunnelTable = [
            "ip route add default dev tun0 table 100",
            "ip route add 192.168.77.0/24 dev eth0 table 100",
        ]
        static let wayBack = [
            "ip route add default via 192.168.77.1 dev eth0 table 200",
            "ip rule add from 192.168.77.10 priority 50 lookup 200",
        ]
        /// As WireGuard's wg-quick does it.
        static let marks =
            tunnelTable + [
                "ip rule add not fwmark 0xca6c priority 101 lookup 100",
                "ip rule add priority 100 lookup main suppress_prefixlength 0",
            ]

        /// A tunnel that takes what is for the LAN as well.
        static let wholeTable = ["ip route add default dev tun0 table 100"]
        static let everything = wholeTable + ["ip rule add priority 100 lookup 100"]
        static let thisAddress =
            wholeTable + ["ip rule add from 192.168.77.10 priority 100 lookup 100"]

        static let all = [
            Routes(testDescription: "no route into it", commands: [], hasWayBack: true),
            Routes(testDescription: "half-routes", commands: halves, hasWayBack: false),
            Routes(
                testDescription: "half-routes and a way back", commands: halves + wayBack,
                hasWayBack: true),
            Routes(testDescription: "one half-route", commands: [halves[1]], hasWayBack: false),
            Routes(testDescription: "rules of marks", commands: marks, hasWayBack: false),
            Routes(
                testDescription: "rules of marks and a way back", commands: marks + wayBack,
                hasWayBack: true),
            Routes(
                testDescription: "a rule for this address",
                commands: tunnelTable + ["ip rule add from 192.168.77.10 lookup 100"],
                hasWayBack: false),
            Routes(
                testDescription: "a rule for everything, the LAN included", commands: everything,
                hasWayBack: false),
            Routes(
                testDescription: "a rule for everything and a way back",
                commands: everything + wayBack, hasWayBack: true),
            Routes(
                testDescription: "a rule for this address, the LAN included",
                commands: thisAddress, hasWayBack: false),
            Routes(
                testDescription: "a rule for this address and a way back",
                commands: thisAddress + wayBack, hasWayBack: true),
            Routes(
                testDescription: "a rule of marks, the LAN included",
                commands: wholeTable + ["ip rule add not fwmark 0xca6c priority 100 lookup 100"],
                hasWayBack: false),
            Routes(
                testDescription: "a bare tunnel before the router",
                commands: ["ip route add default dev tun0 metric 10"], hasWayBack: false),
            Routes(
                testDescription: "a bare tunnel and a way back",
                commands: ["ip route add default dev tun0 metric 10"] + wayBack, hasWayBack: true),
        ]
    }

    @Test(
        "the router maps, and a warning says when answers leave by the tunnel",
        arguments: Routes.all)
    func warns(routes: Routes) async throws {
        try await Lab.run(.vpn) { lab in
            for command in routes.commands {
                let outcome = try await lab.on(.client, command)
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            }
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try mapped.document.mappings?.map(\.gateway) == ["192.168.77.1"])
            #expect(try mapped.codes == (routes.hasWayBack ? [] : ["repliesElsewhere"]))
            if !routes.hasWayBack {
                #expect(try mapped.document.warnings?.first?.message.contains("tun0") == true)
            }
            #expect(try await lab.ruleCount() == 1)
            // 11.22.33.2 is in the first half of the Internet.
            let isReached = routes.hasWayBack || routes.commands == [Routes.halves[1]]
            let heard = try await lab.reach("tcp", "8080")
            #expect((heard == ["tcp 8080"]) == isReached, "\(heard)")

            for command in ["external-ip", "list", "map tcp 8080 --via upnp"] {
                let outcome = try await lab.natctl(command)
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
                #expect(outcome.isPrompt, "\(command): \(outcome.seconds) s")
            }
            let unmapped = try await lab.natctl("unmap tcp 8080")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("a router that is named, or found, is asked although a rule leads elsewhere")
    func namedRouter() async throws {
        try await Lab.run(.vpn) { lab in
            for command in Routes.everything { try await lab.on(.client, command) }
            let found = try await lab.natctl("upnp-scan --scan-time 1s")
            #expect(found.output.contains("\"Debian router\"  http://192.168.77.1:"), "\(found)")
            let asked = try await lab.natctl("external-ip --gateway 192.168.77.1")
            #expect(asked.output == "11.22.33.1\n", "\(asked.errors)")
            #expect(asked.isPrompt, "\(asked.seconds) s")
        }
    }

    @Test(
        "an IPv6 port is opened, and a warning says when answers leave by the tunnel",
        arguments: [
            ([], true), (["ip -6 route add ::/1 dev tun0"], false),
            (
                [
                    "ip -6 route add default dev tun0 table 100",
                    "ip -6 rule add not fwmark 0xca6c priority 101 lookup 100",
                    "ip -6 rule add priority 100 lookup main suppress_prefixlength 0",
                ], false
            ),
            (
                [
                    "ip -6 route add default dev tun0 table 100",
                    "ip -6 rule add priority 100 lookup 100",
                ], false
            ),
            (["ip -6 route add default dev tun0 metric 10"], false),
            (
                [
                    "ip -6 route add default dev tun0 metric 10",
                    "ip -6 route add default via fe80::1 dev eth0 table 200",
                    "ip -6 rule add from 2a00:77:1::10 priority 50 lookup 200",
                ], true
            ),
        ] as [([String], Bool)])
    func warnsOfIPv6(commands: [String], hasWayBack: Bool) async throws {
        try await Lab.run(.vpn, .slaac) { lab in
            for command in commands {
                let outcome = try await lab.on(.client, command)
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            }
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 -6 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try mapped.document.mappings?.map(\.gateway) == ["fe80::1%eth0"])
            #expect(try mapped.codes == (hasWayBack ? [] : ["repliesElsewhere"]))
            #expect(try await lab.pinholeCount() == 1)
            let heard = try await lab.reach("tcp", "8080", at: IPv6Tests.stable)
            #expect((heard == ["tcp 8080"]) == hasWayBack, "\(heard)")

            let unmapped = try await lab.natctl("unmap tcp 8080 -6")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.pinholeCount() == 0)
        }
    }

    @Test("for another host's mapping nothing is said about this one's routes")
    func otherHost() async throws {
        try await Lab.run(
            .vpn, .secondClient, .config("secure_mode=no"), .config("pcp_allow_thirdparty=yes")
        ) { lab in
            for command in Routes.halves { try await lab.on(.client, command) }
            let mapped = try await lab.natctl(
                "map tcp 8080 --internal-address 192.168.77.11 --via pcp --json")
            try #require(mapped.status == 0, "\(mapped.errors)")
            #expect(try mapped.codes == [])
        }
    }

    @Test("an interface without a default route is told apart from a host without a gateway")
    func named() async throws {
        try await Lab.run(.vpn) { lab in
            for command in ["map tcp 8080", "external-ip"] {
                let asked = try await lab.natctl("\(command) --interface tun0")
                #expect(asked.status == 69)
                #expect(!asked.errors.contains("no default gateway"), "\(asked.errors)")
                #expect(asked.errors.contains("192.168.77.1") && asked.errors.contains("eth0"))
            }
        }
    }
}
