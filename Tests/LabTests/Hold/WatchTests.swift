import TestSupport
import Testing

@Suite("The way to the Internet, watched,", .needsLab, .timeLimit(.minutes(30)))
struct WatchTests {
    @Test("is told as it is, and then each change of it, with nothing mapped")
    func tellsChanges() async throws {
        // A router that has run for a while; the epoch of a new one could not fall.
        try await Lab.run(.secondRouter, .config("system_uptime=yes")) { lab in
            try await lab.natctl(staying: "watch") { tool in
                let address = try await tool.waits(for: "externalAddressChanged")
                #expect(address.address == "11.22.33.1")
                let gateway = try await tool.waits(for: "gatewayChanged")
                #expect(gateway.gateway == "192.168.77.1")
                let interface = try await tool.waits(for: "interfaceChanged")
                #expect(interface.interface == "eth0")
                #expect(interface.address == "192.168.77.10")
                let first = try await tool.events
                #expect(first.count == 3)
                #expect(first.allSatisfy { $0.previous == nil })

                try await lab.routerDaemon("kill")
                try await lab.routerDaemon("configure")
                try await lab.routerDaemon("start")
                let restarted = try await tool.waits(for: "gatewayRestarted", after: 3)
                #expect(restarted.gateway == "192.168.77.1")

                try await lab.on(.router, "ip addr del 11.22.33.1/24 dev wan0")
                try await lab.on(.router, "ip addr add 11.22.33.9/24 dev wan0")
                // The question that follows a hint comes half a minute after the last one.
                try await tool.waits(
                    for: "externalAddressChanged", after: 3, within: .seconds(45)
                ) { $0.address == "11.22.33.9" }

                try await lab.on(.client, "lan-address 192.168.77.20")
                try await tool.waits(for: "interfaceChanged", after: 3) {
                    $0.address == "192.168.77.20"
                }

                try await lab.on(.client, "ip route add default via 192.168.77.2 metric 50")
                let moved = try await tool.waits(for: "gatewayChanged", after: 3)
                #expect(moved.gateway == "192.168.77.2")
                #expect(moved.previous?.text == "192.168.77.1")
                try await tool.waits(for: "externalAddressChanged", after: 3) {
                    $0.address == "44.55.66.1"
                }
                #expect(try await lab.ruleCount() == 0)
            }
        }
    }
}
