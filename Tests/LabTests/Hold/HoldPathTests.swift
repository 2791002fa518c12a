import Foundation
import TestSupport
import Testing

@Suite("A held mapping, when the way to the Internet changes,", .needsLab, .timeLimit(.minutes(30)))
struct HoldPathTests {
    @Test(
        "tells the new external address though its port stays",
        arguments: ["pcp", "nat-pmp", "upnp"])
    func changesExternalAddress(technique: String) async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via \(technique)") { tool in
                try await lab.on(.router, "ip addr del 11.22.33.1/24 dev wan0")
                try await lab.on(.router, "ip addr add 11.22.33.9/24 dev wan0")
                let told = try await tool.waits(for: "externalAddressChanged") {
                    $0.address == "11.22.33.9"
                }
                #expect(told.previous?.text == "11.22.33.1" || told.previous?.text == nil)
                let changed = try await tool.waits(for: "changed") {
                    $0.mapping?.externalAddress == "11.22.33.9"
                }
                #expect(changed.mapping?.externalPort == 8080)
                let outside = changed.assignments?.filter { $0.technique == technique }
                #expect(outside?.map(\.address) == ["11.22.33.9"])
                #expect(outside?.map(\.port) == [8080])
                #expect(try await lab.reach("tcp", "8080", at: "11.22.33.9") == ["tcp 8080"])
            }
        }
    }

    @Test("follows this host to another address of the LAN, and the old mapping ends")
    func changesLocalAddress() async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                let seen = try await tool.events.count
                try await lab.on(.client, "lan-address 192.168.77.20")
                let told = try await tool.waits(for: "interfaceChanged", after: seen)
                #expect(told.interface == "eth0")
                #expect(told.address == "192.168.77.20")
                // The router may keep the port for the old address until that mapping ends.
                try await lab.wait(for: "a mapping to the new address", within: .seconds(30)) {
                    let last = try await tool.events.last { $0.mapping != nil }?.mapping
                    guard let last, last.internalAddress == "192.168.77.20" else { return false }
                    return try await lab.reach("tcp", "\(last.externalPort)") == ["tcp 8080"]
                }
                try await lab.wait(for: "the end of the old one", within: .seconds(30)) {
                    try await lab.ruleCount() == 1
                }
            }
        }
    }

    @Test(
        "keeps the port of each address when this host moves to and fro",
        arguments: ["pcp", "nat-pmp", "upnp"])
    func changesLocalAddressBack(technique: String) async throws {
        try await Lab.run { lab in
            try await lab.natctl(staying: "map tcp 8080 --keep --via \(technique)") { tool in
                try await tool.waits(for: "mapped")
                var ports: [Int?] = []
                for address in ["192.168.77.20", "192.168.77.10", "192.168.77.20"] {
                    let seen = try await tool.events.count
                    try await lab.on(.client, "lan-address \(address)")
                    let changed = try await tool.waits(for: "changed", after: seen) {
                        $0.mapping?.internalAddress == address
                    }
                    ports.append(changed.mapping?.externalPort)
                }
                #expect(ports[1] == 8080)
                #expect(ports[2] == ports[0])
            }
            // The router does not let one address delete what another has mapped.
            #expect(try await lab.ruleCount() == 1)
        }
    }

    @Test("is not on another network while there is no descriptor to look at the routes")
    func lacksDescriptors() async throws {
        try await Lab.run { lab in
            try await lab.natctl(staying: "map tcp 8080 --keep --via pcp") { tool in
                try await tool.waits(for: "mapped")
                let seen = try await tool.events.count
                let process = try await lab.on(.client, "pgrep -f map.*--keep").lines
                for process in process {
                    try await lab.on(.client, "prlimit --pid \(process) --nofile=3:1024")
                }
                try await lab.on(.client, "ip route add 20.0.0.0/8 via 192.168.77.1")
                // Longer than a burst of news, after which the holder looks.
                try await Task.sleep(for: .seconds(2))
                for process in process {
                    try await lab.on(.client, "prlimit --pid \(process) --nofile=1024:1024")
                }
                // A change of the network shows that it was looked at before.
                try await lab.on(.client, "lan-address 192.168.77.20")
                let told = try await tool.waits(for: "interfaceChanged", after: seen)
                #expect(told.address == "192.168.77.20")
            }
        }
    }

    @Test("is back after the interface was down for ten seconds")
    func losesLink() async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                try await lab.on(.client, "ip link set eth0 down")
                try await tool.waits(for: "interfaceChanged") { $0.address == nil }
                // The fault itself, not a wait for something.
                try await Task.sleep(for: .seconds(10))
                try await lab.on(.client, "ip link set eth0 up")
                try await lab.on(.client, "lan-address 192.168.77.10")
                let now = try await lab.on(.client, "date +%s.%N").lines.first ?? ""
                let back = try await lab.secondsUntilBack(
                    since: try #require(Double(now)), tool: tool)
                let report = try await tool.report
                #expect(back < 15, "\(report)")
                try await tool.waits(for: "interfaceChanged") { $0.address == "192.168.77.10" }
                #expect(try await lab.ruleCount() == 1)
            }
        }
    }

    @Test("is back after its interface was replaced by another one of the same name")
    func losesInterface() async throws {
        try await Lab.run { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s --interface eth0") { tool in
                try await lab.on(.client, "new-interface 192.168.77.10")
                try await lab.routerDaemon("restart")
                let now = try await lab.on(.client, "date +%s.%N").lines.first ?? ""
                let back = try await lab.secondsUntilBack(
                    since: try #require(Double(now)), tool: tool)
                let report = try await tool.report
                #expect(back < 15, "\(report)")
                #expect(try await lab.ruleCount() == 1)
            }
        }
    }

    @Test("is back within five seconds after a gateway restarts that is not the first to be asked")
    func restartsSecondGateway() async throws {
        try await Lab.run { lab in
            try await lab.on(.client, "ip route add default via 192.168.77.99 metric 5")
            // What the WAN host asks is answered all the same.
            try await lab.on(.client, "ip route add 11.22.33.0/24 via 192.168.77.1")
            try await lab.keeping("--via nat-pmp --timeout 10s") { tool in
                let back = try await lab.secondsUntilBack(
                    since: try await lab.routerDaemon("restart"), tool: tool)
                let report = try await tool.report
                #expect(back < HoldRestartTests.limit, "\(report)")
            }
        }
    }

    @Test(
        "moves to the gateway that the default route leads to, and the old one lets it go",
        arguments: ["auto", "pcp", "nat-pmp", "upnp"])
    func movesToAnotherGateway(technique: String) async throws {
        try await Lab.run(.secondRouter) { lab in
            try await lab.keeping("--via \(technique)") { tool in
                let seen = try await tool.events.count
                try await lab.on(.client, "ip route add default via 192.168.77.2 metric 50")
                let told = try await tool.waits(for: "gatewayChanged", after: seen)
                #expect(told.gateway == "192.168.77.2")
                let mapped = try await tool.waits(for: "changed", after: seen) {
                    $0.mapping?.gateway == "192.168.77.2"
                }
                #expect(mapped.mapping?.externalAddress == "44.55.66.1")
                #expect(try await lab.reach("tcp", "8080", at: "44.55.66.1") == ["tcp 8080"])
                try await lab.wait(for: "the end of the old one") {
                    try await lab.ruleCount() == 0
                }
                #expect(try await lab.ruleCount(of: .router2) == 1)
            }
            #expect(try await lab.ruleCount(of: .router2) == 0)
        }
    }

    @Test("that is lost on one gateway and granted by another has one lease")
    func isLostElsewhere() async throws {
        try await Lab.run(.secondRouter) { lab in
            try await lab.keeping("--via nat-pmp --lifetime 16s") { tool in
                try await lab.routerDaemon("kill")
                // The second router does nothing for it until the first one's mapping is lost.
                try await lab.on(.client, "ip route del default via 192.168.77.2")
                try await tool.waits(for: "lost", within: .seconds(60))
                try await lab.on(.client, "ip route add default via 192.168.77.2 metric 200")
                try await tool.waits(for: "mapped", within: .seconds(60)) {
                    $0.mapping?.gateway == "192.168.77.2"
                }
                let renewals = try await tool.events.count { $0.event == "renewed" }
                try await tool.signal(SIGHUP)
                try await lab.wait(for: "a renewal") {
                    try await tool.events.count { $0.event == "renewed" } > renewals
                }
                let leases = try await lab.natctl("list --leases --json").document.mappings
                #expect(leases?.map(\.gateway) == ["192.168.77.2"])
            }
            try await lab.routerDaemon("start")
        }
    }
}
