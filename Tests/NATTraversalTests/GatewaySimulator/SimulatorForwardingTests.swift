import Glibc
import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, forwarding") struct SimulatorForwardingTests {
    /// A request for `port`, as long as it takes to be a test's.
    static func map(_ transport: TransportProtocol, _ port: UInt16, lifetime: UInt32 = 600)
        -> [UInt8]
    {
        [0, transport == .udp ? 1 : 2, 0, 0] + octets(port) + octets(port) + octets(lifetime)
    }

    /// Asks a gateway by NAT-PMP and returns the external endpoint it grants.
    static func external(
        of gateway: SimulatedGateway, after request: [UInt8]
    ) async throws -> SocketAddress {
        let answer = try #require(try await gateway.ask(request))
        try #require(answer.count == 16 && answer[3] == 0)
        return SocketAddress(.v4(gateway.externalAddress), port: number(answer, 10..<12))
    }

    static let anyPort = SocketAddress(.v4(.loopback), port: 0)

    @Test("carries TCP both ways, one direction at a time to its end, until the mapping is deleted")
    func forwardsTCP() async throws {
        try await SimulatedGateway.run { gateway in
            let program = try StreamSocket(listeningOn: Self.anyPort)
            let port = try program.localAddress().port
            let external = try await Self.external(of: gateway, after: Self.map(.tcp, port))

            let outside = try await StreamSocket.connect(to: external)
            let inside = try await program.accept().connection
            try await outside.send(Array("ping".utf8))
            outside.finishSending()
            #expect(try await inside.receiveAll() == Array("ping".utf8))
            let page = [UInt8](repeating: 42, count: 1 << 20)
            async let received = outside.receiveAll()
            try await inside.send(page)
            inside.finishSending()
            #expect(try await received == page)

            _ = try await gateway.ask(Self.map(.tcp, port, lifetime: 0))
            await #expect(throws: SystemError("connect", code: ECONNREFUSED)) {
                try await StreamSocket.connect(to: external)
            }
        }
    }

    @Test("resets a connection to a port behind which nobody listens")
    func resetsWithoutProgram() async throws {
        try await SimulatedGateway.run { gateway in
            let port = try StreamSocket(listeningOn: Self.anyPort).localAddress().port
            let external = try await Self.external(of: gateway, after: Self.map(.tcp, port))
            await expectReset(by: external)
        }
    }

    @Test("carries UDP, and each peer's answers back to it alone")
    func forwardsUDP() async throws {
        try await SimulatedGateway.run { gateway in
            let program = try UDPSocket(.ipv4)
            try program.bind(to: Self.anyPort)
            let port = try program.localAddress().port
            let external = try await Self.external(of: gateway, after: Self.map(.udp, port))

            let peers = try [UDPSocket(.ipv4), UDPSocket(.ipv4)]
            for (index, peer) in peers.enumerated() {
                try peer.connect(to: external)
                try peer.send([UInt8(index)])
            }
            for _ in peers {
                let question = try #require(try await program.receive(until: .now + .seconds(10)))
                try program.send(question.payload + [7], to: question.source)
            }
            for (index, peer) in peers.enumerated() {
                let answer = try await peer.receive(until: .now + .seconds(10))
                #expect(answer?.payload == [UInt8(index), 7])
            }
        }
    }

    @Test("lets nobody in but the peers of a filter")
    func filtersPeers() async throws {
        try await SimulatedGateway.run { gateway in
            let program = try StreamSocket(listeningOn: Self.anyPort)
            let port = try program.localAddress().port
            let external = try await Self.external(of: gateway, after: Self.map(.tcp, port))
            let only = PeerFilter(IPv6Address(mapping: IPv4Address(rawValue: 0x7F00_0009)))
            gateway.state.withLock { $0.table.update(0) { $0.filters = [only] } }
            // The connection comes from 127.0.0.1.
            await expectReset(by: external)
        }
    }

    @Test("gives the next port when the wanted one cannot be bound")
    func avoidsBoundPort() async throws {
        try await SimulatedGateway.run { gateway in
            let taken = try StreamSocket(
                listeningOn: SocketAddress(.v4(gateway.externalAddress), port: 0)
            ).localAddress().port
            let blocker = try StreamSocket(
                listeningOn: SocketAddress(.v4(gateway.externalAddress), port: taken))
            let external = try await Self.external(of: gateway, after: Self.map(.tcp, taken))
            #expect(external.port != taken)
            #expect(try blocker.localAddress().port == taken)
        }
    }

    @Test("gives a deleted port again at once", arguments: TransportProtocol.allCases)
    func reopens(transport: TransportProtocol) async throws {
        try await SimulatedGateway.run { gateway in
            let program = try StreamSocket(listeningOn: Self.anyPort)
            let port = try program.localAddress().port
            for _ in 0..<50 {
                let external = try await Self.external(
                    of: gateway, after: Self.map(transport, port))
                #expect(external.port == port)
                _ = try await gateway.ask(Self.map(transport, port, lifetime: 0))
            }
        }
    }

    @Test("closes a port soon after its mapping ends, and every port when it ends itself")
    func closesPorts() async throws {
        let external = try await SimulatedGateway.run { gateway in
            let program = try StreamSocket(listeningOn: Self.anyPort)
            let port = try program.localAddress().port
            let short = try await Self.external(
                of: gateway, after: Self.map(.tcp, port, lifetime: 1))
            while (try? await StreamSocket.connect(to: short)) != nil {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(gateway.mappings.isEmpty)
            return try await Self.external(of: gateway, after: Self.map(.tcp, port))
        }
        await #expect(throws: SystemError("connect", code: ECONNREFUSED)) {
            try await StreamSocket.connect(to: external)
        }
    }

    @Test("eight at once do not meet")
    func standsBesideOthers() async throws {
        let program = try StreamSocket(listeningOn: Self.anyPort)
        let port = try program.localAddress().port
        try await withThrowingTaskGroup(of: SocketAddress.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    try await SimulatedGateway.run { gateway in
                        let external = try await Self.external(
                            of: gateway, after: Self.map(.tcp, port))
                        #expect(gateway.mappings.count == 1)
                        return external
                    }
                }
            }
            for try await external in group { #expect(external.port == port) }
        }
    }

    /// Connects and expects a reset, which may come at once or a moment later.
    private func expectReset(by external: SocketAddress) async {
        let error = await #expect(throws: SystemError.self) {
            _ = try await StreamSocket.connect(to: external).receive()
        }
        #expect(error?.code == ECONNRESET)
    }
}
