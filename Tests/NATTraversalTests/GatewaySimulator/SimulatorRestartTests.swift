import Glibc
import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, what it does unasked") struct SimulatorRestartTests {
    static let map = SimulatedPCPTests.map(
        lifetime: "00000e10", client: "00000000 00000000 0000ffff 7f000001",
        "06000000 1f901f90" + SimulatedPCPTests.anyIPv4)

    @Test("leaves the epoch of a restart as it is when it is told", arguments: [false, true])
    func keepsEpoch(keepsEpoch: Bool) {
        var gateway = ScriptedGateway(epoch: 1000) { $0.faults.keepsEpoch = keepsEpoch }
        #expect(gateway.answer(SimulatorFaultTests.natpmpMap) != nil)
        _ = gateway.state.restart(at: ScriptedGateway.start)
        #expect(gateway.mappings.isEmpty)
        let answer = gateway.answer(SimulatorFaultTests.address)
        #expect(answer == bytes("00800000 \(keepsEpoch ? "000003e8" : "00000000") 0b162101"))
    }

    @Test("refuses renewals for a while, and nothing else")
    func refusesRenewals() {
        let requests = [
            (SimulatedPCPTests.map(lifetime: "00000e10", Self.tail), 3), (Self.natpmp, 3),
        ]
        for (request, place) in requests {
            var gateway = ScriptedGateway { $0.faults.renewalRefusal = .init(code: 8, count: 2) }
            let results = (0..<4).map { _ in gateway.answer(request)?[place] }
            #expect(results == [0, 8, 8, 0])
            #expect(gateway.mappings.count == 1)
        }
    }
    private static let tail = "06000000 1f901f90" + SimulatedPCPTests.anyIPv4
    private static let natpmp = SimulatorFaultTests.natpmpMap

    @Test(
        "is said to be alive after a restart, with another boot number and from another port (S-18)"
    )
    func announcesAlive() async throws {
        let listener = try UDPSocket(.ipv4)
        try listener.bind(to: SocketAddress(.v4(.loopback), port: 0))
        var configuration = GatewayConfiguration()
        configuration.techniques = [.upnp]
        configuration.upnp.announcesTo = try listener.localAddress()
        configuration.upnp.movesOnRestart = true
        try await SimulatedGateway.run(configuration) { gateway in
            let before = try #require(gateway.location)
            await gateway.restart()
            let after = try #require(gateway.location)
            #expect(after != before)
            var heard: [String] = []
            while heard.count < 8,
                let datagram = try await listener.receive(until: .now + .seconds(10))
            {
                #expect(datagram.source == gateway.searchAddress)
                heard.append(String(decoding: datagram.payload, as: UTF8.self))
            }
            #expect(
                heard.first == """
                    NOTIFY * HTTP/1.1\r
                    HOST: 239.255.255.250:1900\r
                    CACHE-CONTROL: max-age=120\r
                    LOCATION: \(after)\r
                    NT: upnp:rootdevice\r
                    NTS: ssdp:alive\r
                    SERVER: Linux UPnP/1.1 gateway-simulator/1\r
                    USN: uuid:00000000-0000-0000-0000-0000000000aa::upnp:rootdevice\r
                    BOOTID.UPNP.ORG: 2\r
                    CONFIGID.UPNP.ORG: 1\r
                    \r

                    """)
            #expect(heard.contains { $0.contains("NT: urn:schemas-upnp-org:device:Inter") })
        }
    }

    @Test("tells a client of PCP three times what has become of its mapping")
    func updatesMappings() async throws {
        var configuration = GatewayConfiguration()
        configuration.reportedAddress = IPv4Address(rawValue: 0x0B16_2101)
        configuration.epochSeconds = 0x5c9
        configuration.faults.epochRate = 0
        try await SimulatedGateway.run(configuration) { gateway in
            let socket = try UDPSocket(.ipv4)
            try socket.connect(to: gateway.gateway)
            try socket.send(Self.map)
            let granted = try await socket.receive(until: .now + .seconds(10))
            #expect(granted?.payload[3] == 0)

            var start = ContinuousClock.now
            await gateway.updateMappings(.moved(to: 25001))
            #expect(.now - start >= .milliseconds(750))
            #expect(gateway.mappings.map(\.externalPort) == [25001])
            for _ in 0..<3 {
                let told = try await socket.receive(until: .now + .seconds(10))
                // The lifetime is what is left.
                #expect(told?.payload.prefix(4) == [2, 0x81, 0, 0])
                #expect(told?.payload[8...] == Self.body("1f90 61a9")[8...])
            }
            start = .now
            await gateway.updateMappings(.revoked(code: 11))
            #expect(gateway.mappings.isEmpty)
            let told = try await socket.receive(until: .now + .seconds(10))
            #expect(told?.payload.prefix(4) == [2, 0x81, 0, 11])
            #expect(told?.payload[8...] == Self.body("1f90 61a9")[8...])
        }
    }

    /// An answer whose first eight bytes do not matter.
    private static func body(_ ports: String) -> [UInt8] {
        SimulatedPCPTests.answer(
            lifetime: "00000000", "06000000 \(ports)" + SimulatedPCPTests.external)
    }
}
