import TestSupport
import Testing

/// How a router has the virtual address that the default route names.
enum VirtualAddress: String, CaseIterable, CustomTestStringConvertible {
    /// As keepalived does without use_vmac.
    case onItsInterface = "a second address of its interface"
    /// As VRRP and CARP do.
    case withItsOwnLinkLayer = "an address with a link-layer address of its own"

    var testDescription: String { rawValue }

    var commands: [String] {
        switch self {
        case .onItsInterface: ["ip addr add 192.168.77.254/32 dev lan0"]
        case .withItsOwnLinkLayer:
            [
                "ip link add vrrp link lan0 address 00:00:5e:00:01:33 type macvlan mode private",
                "sysctl -qw net.ipv4.conf.lan0.arp_ignore=1 net.ipv4.conf.vrrp.arp_ignore=1",
                "ip addr add 192.168.77.254/32 dev vrrp", "ip link set vrrp up",
            ]
        }
    }
}

@Suite("A router behind a virtual address (S-10)", .needsLab, .timeLimit(.minutes(30)))
struct VirtualAddressTests {
    /// Lends a lab whose default route names 192.168.77.254, where the router's daemon does not listen.
    private static func run(
        _ address: VirtualAddress, _ options: LabOption..., body: (Lab) async throws -> Void
    ) async throws {
        try await Lab.run(options) { lab in
            for command in address.commands {
                let outcome = try await lab.on(.router, command)
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            }
            try await lab.on(.client, "ip route replace default via 192.168.77.254 metric 100")
            try await body(lab)
        }
    }

    @Test(
        "maps from its own address, with a warning, and soon", arguments: VirtualAddress.allCases)
    func maps(address: VirtualAddress) async throws {
        try await Self.run(address) { lab in
            try await lab.serve("tcp", "8080")
            for _ in 0..<2 {
                let mapped = try await lab.natctl("map tcp 8080 --json")
                #expect(mapped.status == 0, "\(mapped.errors)")
                #expect(mapped.isPrompt, "\(mapped.seconds) s")
                #expect(try mapped.document.mappings?.map(\.technique) == ["upnp"])
                #expect(try mapped.document.mappings?.map(\.gateway) == ["192.168.77.254"])
                #expect(try mapped.codes == ["notDefaultGateway"])
                #expect(try await lab.ruleCount() == 1)
                #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            }
            for command in ["external-ip", "list", "gateway"] {
                let outcome = try await lab.natctl("\(command) --json")
                #expect(outcome.status == 0, "\(command): \(outcome.errors)")
                #expect(outcome.isPrompt, "\(command): \(outcome.seconds) s")
                #expect(try outcome.codes == ["notDefaultGateway"], "\(command)")
            }
            let unmapped = try await lab.natctl("unmap --all --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.reach("tcp", "8080") != ["tcp 8080"])
        }
    }

    @Test(
        "is asked by all techniques at the address that --gateway names",
        arguments: ["pcp", "nat-pmp", "upnp"])
    func named(technique: String) async throws {
        try await Self.run(.withItsOwnLinkLayer) { lab in
            let options = "--gateway 192.168.77.1 --via \(technique)"
            let mapped = try await lab.natctl("map tcp 8080 \(options) --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try await lab.ruleCount() == 1)
            #expect(try await lab.natctl("unmap tcp 8080").status == 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
