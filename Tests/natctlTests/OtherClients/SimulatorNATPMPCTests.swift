import TestSupport
import Testing

@Suite("Simulated gateway and natpmpc") struct SimulatorNATPMPCTests {
    @Test("natpmpc reads the address, maps, reaches a program through the mapping, and unmaps")
    func maps() async throws {
        let outcome = try await Judge.run(
            "natpmpc-session", needing: "natpmpc", "python3",
            simulator: "--reported-address", "198.51.100.7")
        #expect(outcome.errors == "")
        #expect(outcome.status == 0)
        #expect(
            outcome.lines == [
                "address 198.51.100.7",
                "address 198.51.100.7", "TCP protocol TCP to local port TCP liftime 600", "reward",
                "address 198.51.100.7", "UDP protocol UDP to local port UDP liftime 600", "strap",
                "address 198.51.100.7", "0 protocol TCP to local port TCP liftime 0", "refused",
                "address 198.51.100.7", "0 protocol UDP to local port UDP liftime 0", "refused",
            ])
    }
}
