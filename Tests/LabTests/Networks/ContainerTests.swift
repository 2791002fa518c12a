import TestSupport
import Testing

@Suite("With a container's bridge (X-11)", .needsLab, .timeLimit(.minutes(30)))
struct ContainerNetworkTests {
    @Test(
        "inside of it, the failure says how to get out", arguments: ["map tcp 8080", "external-ip"])
    func inside(command: String) async throws {
        try await Lab.run(.container) { lab in
            let failed = try await lab.natctl(command, on: .container)
            #expect(failed.status == 69, "\(failed.errors)")
            #expect(failed.errors.contains("--network host") && failed.errors.contains("--gateway"))
            #expect(failed.errors.split(separator: "\n").count == 1)
            #expect(failed.isPrompt, "\(failed.seconds) s")
            let document = try await lab.natctl("\(command) --json", on: .container)
            #expect(try document.document.error?.code == "unavailable")
            #expect(try document.document.error?.gateway == "172.17.0.1")
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("inside of it, gateway warns")
    func diagnoses() async throws {
        try await Lab.run(.container) { lab in
            let shown = try await lab.natctl("gateway --json", on: .container)
            #expect(shown.status == 0)
            #expect(try shown.document.gateways?.map(\.diagnosis) == ["no-mapping-service"])
            #expect(try shown.codes == ["containerNetwork"])
        }
    }

    @Test("inside of it, the named router is asked and the hint is not given")
    func named() async throws {
        try await Lab.run(.container) { lab in
            let asked = try await lab.natctl("external-ip --gateway 192.168.77.1", on: .container)
            #expect(asked.output == "11.22.33.1\n", "\(asked.errors)")
        }
    }

    @Test("on its host, the LAN's router is asked and not the bridge")
    func host() async throws {
        try await Lab.run(.container) { lab in
            try await lab.serve("tcp", "8080")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(mapped.isPrompt, "\(mapped.seconds) s")
            #expect(try mapped.document.mappings?.map(\.internalAddress) == ["192.168.77.10"])
            #expect(try mapped.codes == [])
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            #expect(try await lab.natctl("unmap tcp 8080").status == 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
