import TestSupport
import Testing

@Suite("The external address", .needsLab, .timeLimit(.minutes(30))) struct ExternalAddressTests {
    @Test(
        "is printed alone on a line, and no mapping is left behind",
        arguments: ["auto", "pcp", "nat-pmp"])
    func printed(technique: String) async throws {
        try await Lab.run { lab in
            let asked = try await lab.natctl("external-ip --via \(technique)")
            #expect(asked.status == 0, "\(asked.errors)")
            #expect(asked.output == "11.22.33.1\n")
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("list --leases --json").document.mappings?.isEmpty == true)
        }
    }

    @Test("is the one that the router was given for a private WAN")
    func configured() async throws {
        try await Lab.run(.external("10.9.9.1"), .config("ext_ip=11.22.33.44")) { lab in
            let asked = try await lab.natctl("external-ip --json")
            #expect(try asked.document.address == "11.22.33.44")
            #expect(try asked.document.scope == "public")
        }
    }
}
