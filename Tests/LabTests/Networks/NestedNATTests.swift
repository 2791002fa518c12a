import TestSupport
import Testing

@Suite("Behind another NAT (X-6)", .needsLab, .timeLimit(.minutes(30))) struct NestedNATTests {
    /// A router whose external address nobody outside can reach.
    struct Nested: Sendable, CustomTestStringConvertible {
        var testDescription: String { external }
        var external: String
        var diagnosis: String
        var warning: String
        /// The router in front, where there may be one.
        var outer: String?

        static let all = [
            Nested(
                external: "10.9.9.2", diagnosis: "double-nat", warning: "doubleNAT",
                outer: "10.9.9.1"),
            Nested(
                external: "192.168.178.20", diagnosis: "double-nat", warning: "doubleNAT",
                outer: "192.168.178.254"),
            Nested(
                external: "100.64.9.2", diagnosis: "carrier-nat", warning: "carrierNAT",
                outer: "100.64.9.1"),
            Nested(
                external: "169.254.7.2", diagnosis: "reserved", warning: "reservedAddress",
                outer: nil),
        ]

        func options(_ more: LabOption...) -> [LabOption] {
            more + [.external(external)] + (outer.map { [.outerRouter($0)] } ?? [])
        }
    }

    @Test(
        "a router that hides its address and refuses is diagnosed by PCP's refusal",
        arguments: Nested.all)
    func diagnoses(nested: Nested) async throws {
        try await Lab.run(nested.options()) { lab in
            let shown = try await lab.natctl("gateway --json")
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(shown.isPrompt, "\(shown.seconds) s")
            let gateway = try #require(try shown.document.gateways?.first)
            #expect(gateway.diagnosis == nested.diagnosis)
            let pcp = gateway.techniques.first { $0.technique == "pcp" }
            #expect(pcp?.externalAddress == nested.external)
            #expect(try shown.codes == [nested.warning])
            // Only a private network is looked at.
            #expect(gateway.outerRouter == (nested.diagnosis == "double-nat" ? nested.outer : nil))
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test(
        "a router that refuses is said to have that address, and not a full table",
        arguments: Nested.all)
    func refuses(nested: Nested) async throws {
        try await Lab.run(nested.options()) { lab in
            for command in [
                "map tcp 8080", "map both 8080-8081", "external-ip", "map udp 8080 --via pcp",
                "external-ip --via pcp",
            ] {
                let failed = try await lab.natctl("\(command) --json")
                #expect(failed.status == 69, "\(command): \(failed.errors)")
                #expect(failed.isPrompt, "\(command): \(failed.seconds) s")
                let error = try #require(try failed.document.error)
                #expect(error.code == "unavailable", "\(command)")
                #expect(error.message.contains(nested.external), "\(command): \(error.message)")
            }
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("list --leases --json").document.mappings?.isEmpty == true)
        }
    }

    @Test(
        "a router that maps all the same is believed, with a warning",
        arguments: Nested.all.prefix(3))
    func maps(nested: Nested) async throws {
        let router = LabOption.simulator(
            "--external-address \(nested.external) --reported-address \(nested.external)")
        try await Lab.run(nested.options(router)) { lab in
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try mapped.document.mappings?.map(\.externalAddress) == [nested.external])
            #expect(try mapped.codes == [nested.warning])
            // From the network between the two routers it is open, and from outside it is not.
            let between = try await lab.on(.outer, "peer.py reach tcp \(nested.external) 8080")
            #expect(between.lines == ["tcp 8080"])
            #expect(try await lab.reach("tcp", "8080") != ["tcp 8080"])

            let demanded = try await lab.natctl("map tcp 8081 --require-public --json")
            #expect(demanded.status == 69)
            let asked = try await lab.natctl("external-ip --json")
            #expect(try asked.document.address == nested.external)
            #expect(try asked.codes == [nested.warning])
            let shown = try await lab.natctl("gateway --json")
            #expect(try shown.document.gateways?.first?.diagnosis == nested.diagnosis)
            #expect(
                try shown.document.gateways?.first?.outerRouter
                    == (nested.diagnosis == "double-nat" ? nested.outer : nil))
        }
    }

    @Test(
        "the router in front is named if it answers, if it only forwards, and if it hides",
        arguments: [
            ("10.9.9.1", true, "10.9.9.1"), ("10.9.9.254", true, "10.9.9.254"),
            ("10.9.9.1", false, "10.9.9.1"), ("10.9.9.254", false, "10.9.9.254"),
        ] as [(String, Bool, String)])
    func namesOuter(outer: String, hasDaemon: Bool, named: String) async throws {
        try await Lab.run(.external("10.9.9.2"), .outerRouter(outer, hasDaemon: hasDaemon)) { lab in
            // One packet that it does not pass, and one question if it has the first address.
            try await lab.on(.outer, "count-packets lan0")
            let shown = try await lab.natctl("gateway --json")
            #expect(try shown.document.gateways?.first?.outerRouter == named)
            #expect(try shown.document.warnings?.first?.message.contains(named) == true)
            let count = try await lab.on(.outer, "count-packets").lines.first.flatMap { Int($0) }
            #expect(count == (outer == "10.9.9.1" ? 2 : 1))
            #expect(try await lab.on(.outer, "count-packets forwarded").lines == ["0"])
        }
    }

    @Test("the router in front that answers NAT-PMP alone is named by that")
    func namesSilentOuter() async throws {
        try await Lab.run(.external("10.9.9.2"), .outerRouter("10.9.9.1")) { lab in
            try await lab.on(.router, "no-icmp")
            let shown = try await lab.natctl("gateway --json")
            #expect(try shown.document.gateways?.first?.outerRouter == "10.9.9.1")
        }
    }
}
