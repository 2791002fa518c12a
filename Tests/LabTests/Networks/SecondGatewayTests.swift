import TestSupport
import Testing

@Suite("With two gateways of which the first maps nothing", .needsLab, .timeLimit(.minutes(30)))
struct SecondGatewayTests {
    /// What is wrong with the first gateway.
    enum Fault: String, CaseIterable, CustomTestStringConvertible {
        case closed, silent
        /// Nobody answers its address on the LAN.
        case dead

        var testDescription: String { rawValue }

        var options: [LabOption] {
            switch self {
            case .closed: [.noDaemon, .secondRouter]
            case .silent: [.silentGateway, .secondRouter]
            case .dead: [.secondRouter]
            }
        }
    }

    private static func run(_ fault: Fault, body: (Lab) async throws -> Void) async throws {
        try await Lab.run(fault.options) { lab in
            if fault == .dead { try await lab.on(.router, "ip link set lan0 down") }
            try await body(lab)
        }
    }

    @Test(
        "the second maps, and a warning says that answers leave by the first",
        arguments: Fault.allCases)
    func maps(fault: Fault) async throws {
        try await Self.run(fault) { lab in
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try mapped.document.mappings?.map(\.gateway) == ["192.168.77.2"])
            #expect(try mapped.codes == ["repliesElsewhere"])
            #expect(try mapped.document.warnings?.first?.message.contains("192.168.77.1") == true)
            #expect(try await lab.ruleCount(of: .router2) == 1)
            #expect(try await lab.reach("tcp", "8080", at: "44.55.66.1") != ["tcp 8080"])

            let unmapped = try await lab.natctl("unmap --all --json")
            #expect(unmapped.status == 0, "\(unmapped.errors)")
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.ruleCount(of: .router2) == 0)
        }
    }

    @Test(
        "a rule that leads answers back ends the warning, and makes it reachable",
        arguments: Fault.allCases)
    func leadsBack(fault: Fault) async throws {
        try await Self.run(fault) { lab in
            try await lab.serve("tcp", "8080")
            try await lab.on(.client, "ip route add default via 192.168.77.2 table 200")
            try await lab.on(.client, "ip rule add from 192.168.77.10 lookup 200")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(try mapped.codes == [])
            #expect(try await lab.reach("tcp", "8080", at: "44.55.66.1") == ["tcp 8080"])
        }
    }

    @Test("external-ip, list and gateway name the second", arguments: Fault.allCases)
    func names(fault: Fault) async throws {
        try await Self.run(fault) { lab in
            let asked = try await lab.natctl("external-ip --json")
            #expect(try asked.document.address == "44.55.66.1", "\(asked.errors)")
            #expect(try asked.document.gateway == "192.168.77.2")
            #expect(try asked.codes == [])
            #expect(asked.isPrompt, "\(asked.seconds) s")

            for technique in ["upnp", "pcp"] {
                let mapped = try await lab.natctl("map tcp 8080 --via \(technique) --json")
                #expect(try mapped.document.mappings?.map(\.gateway) == ["192.168.77.2"])
                #expect(try mapped.codes == ["repliesElsewhere"], "\(technique)")
            }
            let listed = try await lab.natctl("list --json")
            #expect(listed.status == 0, "\(listed.errors)")
            #expect(listed.isPrompt, "\(listed.seconds) s")
            #expect(try listed.document.mappings?.map(\.gateway) == ["192.168.77.2"])
            // The best gateway's table is missing.
            #expect(try listed.codes == ["leasesOnly"])
            #expect(try listed.document.warnings?.first?.message.contains("192.168.77.1") == true)

            let shown = try await lab.natctl("gateway --json")
            let gateways = try shown.document.gateways?.filter { $0.address.contains(".") }
            #expect(gateways?.map(\.diagnosis) == ["no-mapping-service", "public"])
            #expect(try !shown.codes.contains("notDefaultGateway"))
            #expect(shown.isPrompt, "\(shown.seconds) s")
        }
    }

    @Test("list shows the table of each gateway once")
    func listsBoth() async throws {
        try await Lab.run(.secondRouter) { lab in
            for gateway in ["192.168.77.1", "192.168.77.2"] {
                #expect(try await lab.natctl("map tcp 8080 --gateway \(gateway)").status == 0)
                try await lab.on(.client, "natpmpc -g \(gateway) -a 9000 9000 udp 3600")
            }
            let listed = try await lab.natctl("list --json")
            #expect(listed.status == 0, "\(listed.errors)")
            let mappings = try #require(try listed.document.mappings)
            for ports in [mappings.filter(\.mine), mappings.filter { !$0.mine }] {
                #expect(ports.map(\.gateway) == ["192.168.77.1", "192.168.77.2"])
            }
            #expect(try listed.codes == [])
        }
    }

    @Test(
        "unmap asks each by its own clock: the silent one is told, and takes nothing from the other"
    )
    func unmaps() async throws {
        try await Lab.run(.secondRouter) { lab in
            for gateway in ["192.168.77.1", "192.168.77.2"] {
                #expect(try await lab.natctl("map tcp 8080-8082 --gateway \(gateway)").status == 0)
            }
            try await lab.on(.router, "deaf-to-all")
            let unmapped = try await lab.natctl("unmap --all --json")
            #expect(unmapped.status == 75)
            #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
            #expect(try await lab.ruleCount(of: .router2) == 0)
            #expect(
                try unmapped.document.mappings?.map(\.gateway)
                    == Array(repeating: "192.168.77.2", count: 3))
            #expect(
                try unmapped.document.failures?.map(\.error.gateway)
                    == Array(repeating: "192.168.77.1", count: 3))
            let left = try await lab.natctl("list --leases --json")
            #expect(Set(try left.document.mappings?.map(\.gateway) ?? []) == ["192.168.77.1"])
        }
    }

    @Test("a request that a gateway never answered makes no later unmap fail")
    func forgetsAsked() async throws {
        try await Lab.run(.silentGateway) { lab in
            #expect(try await lab.natctl("map tcp 8080").status == 75)
            for _ in 0..<2 {
                let unmapped = try await lab.natctl("unmap --all --json")
                #expect(unmapped.status == 0, "\(unmapped.errors)")
                #expect(unmapped.isPrompt, "\(unmapped.seconds) s")
                #expect(try unmapped.document.mappings?.isEmpty == true)
                #expect(try unmapped.codes == ["leaseElsewhere"])
            }
        }
    }
}
