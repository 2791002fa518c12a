import TestSupport
import Testing

@Suite("What is remembered of a gateway", .needsLab, .timeLimit(.minutes(30)))
struct RememberedGatewayTests {
    private func record(_ lab: Lab) async throws -> String {
        try await lab.on(.client, "cat /run/lab/state/gateways.json").output
    }

    @Test("spares the wait for its silence, and is corrected when it has moved")
    func moves() async throws {
        let deaf = LabOption.filter("udp dport 5351 drop")
        try await Lab.run(UPnPRouter.version2.options + [deaf]) { lab in
            #expect(try await lab.natctl("map tcp 8080").status == 0)
            let first = try await record(lab)
            #expect(first.contains(#""silentAt":"2"#))
            let shown = try await lab.natctl("gateway -v")
            #expect(shown.errors.contains("192.168.77.1, remembered: UPnP at http://"))

            let second = try await lab.natctl("map tcp 8081 -v")
            #expect(second.status == 0, "\(second.errors)")
            // The first run has waited for an answer by PCP longer than this whole run takes.
            #expect(second.seconds < 0.5)

            // The daemon takes any free port for its descriptions.
            try await lab.on(.router, "router-daemon restart")
            let third = try await lab.natctl("map tcp 8082")
            #expect(third.status == 0, "\(third.errors)")
            #expect(try await record(lab) != first)
            #expect(try await lab.ruleCount() == 1)
        }
    }

    @Test("does not keep it from being asked by what it has learnt since")
    func learns() async throws {
        let deaf = LabOption.filter("udp dport 5351 drop")
        try await Lab.run(deaf) { lab in
            let first = try await lab.natctl("map tcp 8080 --json")
            #expect(try first.document.mappings?.map(\.technique) == ["upnp"])
            try await lab.on(.router, "nft flush table inet lab")
            let second = try await lab.natctl("map tcp 8081 --json")
            #expect(try second.document.mappings?.map(\.technique) == ["pcp"])
            #expect(try await record(lab).contains(#""gateways":[]"#))
            #expect(try await lab.ruleCount() == 2)
            // And what it has forgotten.
            try await lab.on(.router, "router-daemon configure enable_natpmp=no")
            try await lab.on(.router, "router-daemon restart")
            let third = try await lab.natctl("map tcp 8082 --json")
            #expect(try third.document.mappings?.map(\.technique) == ["upnp"])
            #expect(try await lab.ruleCount() == 1)
        }
    }
}
