import TestSupport
import Testing

@Suite("Of two default routes", .needsLab, .timeLimit(.minutes(30))) struct GatewayChoiceTests {
    @Test("the one with the lower metric is asked, and the other hears nothing")
    func best() async throws {
        try await Lab.run(.secondRouter) { lab in
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(try mapped.document.mappings?.first?.gateway == "192.168.77.1")
            #expect(try await lab.ruleCount() == 1)
            #expect(try await lab.ruleCount(of: .router2) == 0)
        }
    }

    @Test(
        "the second is asked when the first refuses or is silent",
        arguments: [LabOption.noDaemon, .silentGateway])
    func next(first: LabOption) async throws {
        try await Lab.run(first, .secondRouter) { lab in
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            let mapping = try #require(mapped.document.mappings?.first)
            #expect(mapping.gateway == "192.168.77.2")
            #expect(mapping.externalAddress == "44.55.66.1")
            #expect(try await lab.ruleCount(of: .router2) == 1)
        }
    }

    @Test("the one that --gateway names is asked")
    func named() async throws {
        try await Lab.run(.secondRouter) { lab in
            let asked = try await lab.natctl("external-ip --gateway 192.168.77.2")
            #expect(asked.output == "44.55.66.1\n")
        }
    }
}
