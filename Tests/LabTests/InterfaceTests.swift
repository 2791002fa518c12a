import Foundation
import TestSupport
import Testing

@Suite("list-interfaces", .needsLab, .timeLimit(.minutes(30))) struct InterfaceTests {
    /// The JSON of list-interfaces.
    private struct List: Decodable {
        struct Interface: Decodable {
            var name: String
            var index: Int
            var address: String
            var prefixLength: Int
            var family: String
            var scope: String
            var isUp: Bool
            var isLoopback: Bool
            var isBest: Bool
        }

        var version: Int
        var interfaces: [Interface]

        init(_ lab: Lab, _ arguments: String = "") async throws {
            let listed = try await lab.natctl("list-interfaces --json \(arguments)")
            #expect(listed.status == 0, "\(listed.errors)")
            self = try JSONDecoder().decode(List.self, from: Data(listed.output.utf8))
        }

        subscript(address: String) -> Interface? { interfaces.first { $0.address == address } }
        var best: [String] { interfaces.filter(\.isBest).map(\.address) }
    }

    @Test("shows each address with its network, scope and state, and the one used to the gateway")
    func shows() async throws {
        try await Lab.run(.noDaemon) { lab in
            let list = try await List(lab)
            let address = try #require(list["192.168.77.10"])
            #expect(address.name == "eth0")
            #expect(address.prefixLength == 24)
            #expect(address.family == "ipv4")
            #expect(address.scope == "private")
            #expect(address.isUp && !address.isLoopback)
            #expect(list["2a00:77:1::10"]?.scope == "public")
            #expect(list["2a00:77:1::10"]?.index == address.index)
            #expect(list.best == ["192.168.77.10", "fd77::10"])
            #expect(try await lab.natctl("list-interfaces -q").lines == list.best)
        }
    }

    @Test("shows loopback and interfaces that are down with --all only")
    func filters() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip link add spare type veth peer name far")
            try await lab.on(.client, "ip addr add 10.9.0.1/24 dev spare")
            let some = try await List(lab)
            #expect(some["127.0.0.1"] == nil)
            #expect(some["10.9.0.1"] == nil)
            let all = try await List(lab, "--all")
            #expect(all["127.0.0.1"]?.isLoopback == true)
            #expect(all["10.9.0.1"]?.isUp == false)
        }
    }

    @Test("shows an address for the network that the loopback interface has, and which is best")
    func showsUnnumbered() async throws {
        try await Lab.run(.noDaemon) { lab in
            for command in [
                "ip addr flush dev eth0", "ip addr add 192.168.77.99/32 dev lo",
                "ip route add 192.168.77.1 dev eth0", "ip route add default via 192.168.77.1",
            ] {
                try await lab.on(.client, command)
            }
            let list = try await List(lab)
            #expect(list.best == ["192.168.77.99"])
            #expect(list["127.0.0.1"] == nil)
        }
    }

    @Test("towards a link-local router prefers the address that can be opened (N-18)")
    func choosesGlobal() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip -6 route replace default via fe80::1 dev eth0 metric 100")
            #expect(try await List(lab).best == ["192.168.77.10", "2a00:77:1::10"])
        }
    }

    @Test("without a gateway chooses the first public, private or any address, and is no failure")
    func choosesWithoutGateway() async throws {
        try await Lab.run(.noDaemon) { lab in
            try await lab.on(.client, "ip route del default")
            try await lab.on(.client, "ip -6 route del default")
            #expect(try await List(lab).best == ["192.168.77.10", "2a00:77:1::10"])
            try await lab.on(.client, "ip addr add 9.8.7.6/24 dev eth0")
            #expect(try await List(lab)["9.8.7.6"]?.isBest == true)
            try await lab.on(.client, "ip addr flush dev eth0")
            #expect(try await List(lab).interfaces.isEmpty)
            #expect(try await lab.natctl("list-interfaces -q").lines == ["127.0.0.1", "::1"])
        }
    }
}
