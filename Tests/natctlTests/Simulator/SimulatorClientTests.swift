import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("The clients of one protocol on the simulator", .timeLimit(.minutes(10)))
struct SimulatorClientTests {
    /// Lends a gateway whose external address is 11.22.33.1, its address and its port.
    private static func run(
        _ body: (SimulatedGateway, IPv4Address, UInt16) async throws -> Void
    ) async throws {
        try await ToolBehindGateway.run { tool in
            let gateway = tool.gateway.gateway
            guard case .v4(let address) = gateway.address else {
                Issue.record("\(gateway)")
                return
            }
            try await body(tool.gateway, address, gateway.port)
        }
    }

    @Test("NAT-PMP tells the address, maps, renews and deletes")
    func natPMP() async throws {
        try await Self.run { gateway, address, port in
            let client = try NATPMPClient(gateway: address, port: port, timeout: .seconds(10))
            #expect(try await client.externalAddress().description == "11.22.33.1")
            let number: PortNumber = 20123
            let first = try await client.map(
                .tcp, internalPort: number, suggestedExternalPort: 30123,
                lifetime: .seconds(600))
            #expect(first.externalPort.rawValue == 30123)
            #expect(first.lifetime == .seconds(600))
            // Without a suggestion, and for less than a second, which would be a delete.
            let second = try await client.map(
                .tcp, internalPort: number, suggestedExternalPort: nil,
                lifetime: .milliseconds(10))
            #expect(second.externalPort == first.externalPort)
            #expect(gateway.mappings.map(\.externalPort) == [30123])
            for _ in 1...2 { try await client.unmap(.tcp, internalPort: number) }
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("PCP tells the epoch, maps, renews by its nonce and deletes")
    func pcp() async throws {
        try await Self.run { gateway, address, port in
            let client = try PCPClient(gateway: .v4(address), port: port, timeout: .seconds(10))
            #expect(try await client.announce() < 600)
            let number: PortNumber = 20123
            let first = try await client.map(
                .udp, internalPort: number, suggestedExternalPort: 30123,
                lifetime: .seconds(600))
            #expect(first.externalPort.rawValue == 30123)
            #expect(first.externalAddress.description == "11.22.33.1")
            let second = try await client.map(
                .udp, internalPort: number, suggestedExternalPort: first.externalPort,
                lifetime: .seconds(1200), nonce: first.nonce)
            #expect(second.lifetime == .seconds(1200))
            #expect(second.nonce == first.nonce)
            #expect(gateway.mappings.map(\.externalPort) == [30123])
            // Who does not know the nonce deletes nothing.
            try? await client.unmap(
                .udp, internalPort: number, nonce: String(repeating: "0", count: 24))
            #expect(gateway.mappings.count == 1)
            for _ in 1...2 {
                try await client.unmap(.udp, internalPort: number, nonce: first.nonce)
            }
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("a nonce that is none is refused before anything is sent", arguments: ["", "00", "xyz"])
    func badNonce(nonce: String) async throws {
        try await Self.run { gateway, address, port in
            let client = try PCPClient(gateway: .v4(address), port: port)
            let number: PortNumber = 20123
            let error = await #expect(throws: PortMapperError.self) {
                _ = try await client.map(.tcp, internalPort: number, nonce: nonce)
            }
            #expect("\(try #require(error))" == "a PCP nonce has 24 hexadecimal digits")
            await #expect(throws: PortMapperError.self) {
                try await client.unmap(.tcp, internalPort: number, nonce: nonce)
            }
            #expect(gateway.log.count(.pcpMap) + gateway.log.count(.pcpDelete) == 0)
        }
    }

    @Test("an address that no socket reaches is an error of the system")
    func unreachable() throws {
        let broadcast = try #require(IPv4Address("255.255.255.255"))
        #expect(throws: PortMapperError.self) { try NATPMPClient(gateway: broadcast) }
        #expect(throws: PortMapperError.self) { try PCPClient(gateway: .v4(broadcast)) }
    }
}
