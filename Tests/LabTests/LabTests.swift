import TestSupport
import Testing

@Suite("The lab itself", .needsLab, .timeLimit(.minutes(30))) struct LabTests {
    @Test("its router maps a port for somebody else's client, and forwards it")
    func forwards() async throws {
        try await Lab.run { lab in
            try await lab.serve("tcp", "8080")
            #expect(try await lab.reach("tcp", "8080") == ["refused"])
            try await lab.on(.client, "natpmpc -a 8080 8080 tcp 3600")
            #expect(try await lab.ruleCount() == 1)
            #expect(try await lab.reach("tcp", "8080") == ["tcp 8080"])
            try await lab.on(.router, "router-daemon restart")
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
