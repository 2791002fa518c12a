import TestSupport
import Testing

@Suite("Completions of leased ports, on the simulator") struct SimulatorCompletionTests {
    @Test(
        "unmap offers the leased ports of a transport, or each port with its own",
        .needsShells, arguments: CompletingShell.allCases)
    func offerLeases(shell: CompletingShell) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 --description web")
            try await tool.natctl("map 9000:51820/udp")
            func offers(_ words: String...) async throws -> Set<String> {
                try await shell.offers(for: ["natctl"] + words, environment: tool.environment)
            }
            #expect(try await offers("unmap", "tcp", "").isSuperset(of: ["8080", "udp"]))
            #expect(try await !offers("unmap", "tcp", "").contains("51820"))
            #expect(try await offers("unmap", "both", "8").contains("8080"))
            #expect(
                try await offers("unmap", "").isSuperset(of: ["8080/tcp", "51820/udp", "both"]))
            #expect(try await offers("unmap", "udp", "--external-port", "") == ["9000"])
        }
    }

    @Test("fish shows the description of each", .needsShells)
    func showDescriptions() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 --description web")
            let offers = try await CompletingShell.fish.offers(
                for: ["natctl", "unmap", "tcp", "8"],
                environment: tool.environment.merging(["MEANINGS": "yes"]) { $1 })
            #expect(offers == ["8080\tweb, external port 8080"])
        }
    }
}
