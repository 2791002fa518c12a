import Glibc
import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, faults") struct SimulatorFaultTests {
    static let address = bytes("0000")
    static let natpmpMap = bytes("0002 0000 1f90 1f90 00000e10")
    static let udpMap = bytes("0001 0000 1f90 1f90 00000e10")
    static let natpmpAnswer = bytes("0082 0000 00000000 1f90 1f90 00000e10")
    static let pcpMap = SimulatedPCPTests.map(
        lifetime: "00000e10", "06000000 1f901f90" + SimulatedPCPTests.anyIPv4)

    @Test(
        "spoils answers as it is told",
        arguments: [
            (GatewayFaults.Corruption.truncated, "0082 0000 00000000"),
            (.wrongVersion, "0182 0000 00000000 1f90 1f90 00000e10"),
            (.wrongOpcode, "0081 0000 00000000 1f90 1f90 00000e10"),
            (.wrongInternalPort, "0082 0000 00000000 1f91 1f90 00000e10"),
            (.responseBitClear, "0002 0000 00000000 1f90 1f90 00000e10"),
            (.unaligned, "0082 0000 00000000 1f90 1f90 00000e10 000000"),
            (.wrongNonce, "0082 0000 00000000 1f90 1f90 00000e10"),
        ])
    func spoils(corruption: GatewayFaults.Corruption, answer: String) async throws {
        var configuration = GatewayConfiguration()
        configuration.faults.corruption = corruption
        configuration.faults.epochRate = 0
        try await SimulatedGateway.run(configuration) { gateway in
            let spoilt = try await gateway.ask(Self.natpmpMap)
            #expect(spoilt == bytes(answer))
        }
    }

    @Test("spoils the nonce and the length of PCP's answers")
    func spoilsPCP() {
        let answer = SimulatedPCPTests.answer(
            lifetime: "00000e10", "06000000 1f901f90" + SimulatedPCPTests.external)
        #expect(GatewayFaults.Corruption.oversized.spoil(answer).count == 1104)
        var spoilt = answer
        spoilt[35] = 0x0a
        #expect(GatewayFaults.Corruption.wrongNonce.spoil(answer) == spoilt)
    }

    @Test("sends copies, and the good answer behind a spoilt one")
    func repeats() async throws {
        var configuration = GatewayConfiguration()
        configuration.faults.duplicates = 1
        configuration.faults.corruption = .truncated
        configuration.faults.corruptsOnlyFirstCopy = true
        try await SimulatedGateway.run(configuration) { gateway in
            let answers = try await gateway.answers(to: Self.natpmpMap, count: 3)
            #expect(answers.map(\.count) == [8, 16, 16])
            #expect(gateway.log.count(.natpmpMap) == 1)
        }
    }

    @Test("answers from where it is told", arguments: GatewayFaults.AnswerSource.allCases)
    func changesSource(source: GatewayFaults.AnswerSource) async throws {
        var configuration = GatewayConfiguration()
        configuration.faults.answerSource = source
        try await SimulatedGateway.run(configuration) { gateway in
            let socket = try UDPSocket(.ipv4)
            try socket.send(Self.address, to: gateway.gateway)
            let answer = try #require(try await socket.receive(until: .now + .seconds(10)))
            let hasAddress = answer.source.address == gateway.gateway.address
            let hasPort = answer.source.port == gateway.gateway.port
            switch source {
            case .gateway: #expect(hasAddress && hasPort)
            case .anotherPort: #expect(hasAddress && !hasPort)
            case .anotherAddress: #expect(!hasAddress && hasPort)
            }
        }
    }

    @Test("is silent to the versions it is told to, and carries nothing out for them")
    func keepsSilent() {
        for (silence, answersNATPMP, answersPCP) in [
            (GatewayFaults.Silence.pcp, true, false), (.natPMP, false, true), (.all, false, false),
        ] {
            var gateway = ScriptedGateway { $0.faults.silence = silence }
            #expect((gateway.answer(Self.natpmpMap) != nil) == answersNATPMP)
            #expect((gateway.answer(Self.pcpMap) != nil) == answersPCP)
            #expect(gateway.mappings.count == (answersNATPMP || answersPCP ? 1 : 0))
        }
    }

    @Test("loses as many datagrams as it is told, the same ones for the same seed")
    func loses() {
        let survivors = (0..<2).map { _ in
            var gateway = ScriptedGateway { $0.faults.lossPercent = 30 }
            return (0..<1000).filter { _ in gateway.answer(Self.address) != nil }
        }
        #expect(survivors[0] == survivors[1])
        #expect((650...750).contains(survivors[0].count))
    }

    @Test("is closed when it is told, and the host says so")
    func closesPort() async throws {
        var configuration = GatewayConfiguration()
        configuration.hasClosedPort = true
        try await SimulatedGateway.run(configuration) { gateway in
            await #expect(throws: SystemError("receive", code: ECONNREFUSED)) {
                try await gateway.ask(Self.address)
            }
        }
    }

    @Test("refuses each operation with the code it is told")
    func refuses() {
        var gateway = ScriptedGateway {
            $0.faults.refusals = [.natpmpMap: 4, .pcpMap: 8, .pcpAnnounce: 2]
            $0.faults.sendsHeaderOnlyErrors = true
            $0.faults.errorLifetimeSeconds = 0
        }
        #expect(gateway.answer(Self.natpmpMap)?.prefix(4) == [0, 130, 0, 4])
        #expect(
            gateway.answer(Self.pcpMap)
                == bytes("02810008 00000000 00000000" + SimulatedPCPTests.zeros))
        #expect(gateway.mappings.isEmpty)
    }

    @Test("refuses so often as it is told, by PCP with a lifetime of its own")
    func refusesForAWhile() {
        var gateway = ScriptedGateway {
            $0.faults.refusals = [
                .pcpMap: .init(code: 200, lifetimeSeconds: 77, count: 2),
                .natpmpMap: .init(code: 65535, count: 1), .natpmpAddress: .init(code: 9),
            ]
            $0.faults.errorLifetimeSeconds = 5
        }
        let pcp = (0..<3).map { _ in gateway.answer(Self.pcpMap)?[3..<8] }
        #expect(
            pcp
                == [
                    bytes("c8 0000004d")[...], bytes("c8 0000004d")[...], bytes("00 00000e10")[...],
                ].map { $0 })
        let natpmp = (0..<2).map { _ in gateway.answer(Self.udpMap).map { Array($0[2..<4]) } }
        #expect(natpmp == [[0xff, 0xff], [0, 0]])
        let address = (0..<3).map { _ in gateway.answer(Self.address)?[3] }
        #expect(address == [9, 9, 9])
    }

    @Test("refuses by PCP to choose the address, and only that (N-17)")
    func refusesAnyAddress() {
        var gateway = ScriptedGateway(epoch: 0x5c9) { $0.faults.refusesAnyAddress = true }
        let tail = "06000000 1f901f90"
        #expect(
            gateway.answer(Self.pcpMap)
                == SimulatedPCPTests.answer(
                    result: "0b", lifetime: "0000001e", tail + SimulatedPCPTests.anyIPv4))
        #expect(gateway.mappings.isEmpty)
        let known = SimulatedPCPTests.map(lifetime: "00000e10", tail + SimulatedPCPTests.external)
        #expect(gateway.answer(known)?[3] == 0)
        let delete = SimulatedPCPTests.map(lifetime: "00000000", tail + SimulatedPCPTests.anyIPv4)
        #expect(gateway.answer(delete)?[3] == 0)
        #expect(gateway.mappings.isEmpty)
    }

    @Test("grants port 0 by PCP, and maps nothing")
    func grantsPortZero() {
        var gateway = ScriptedGateway(epoch: 0x5c9) { $0.faults.grantedPort = .zero }
        #expect(
            gateway.answer(Self.pcpMap)
                == SimulatedPCPTests.answer(
                    lifetime: "00000e10", "06000000 1f900000" + SimulatedPCPTests.external))
        #expect(gateway.mappings.isEmpty)
    }

    @Test(
        "deletes by NAT-PMP only with the port granted, when it is told",
        arguments: [
            ("0000", "0003 00000000 1f90 0000 00000000", 1),
            ("1f91", "0003 00000000 1f90 1f91 00000000", 1),
            ("1f90", "0000 00000000 1f90 0000 00000000", 0),
        ])
    func deletesByGrantedPort(port: String, answer: String, left: Int) {
        var gateway = ScriptedGateway { $0.faults.deletesOnlyByGrantedPort = true }
        _ = gateway.answer(Self.natpmpMap)
        let deleted = gateway.answer(bytes("0002 0000 1f90 \(port) 00000000"))
        #expect(deleted == bytes("0082" + answer))
        #expect(gateway.mappings.count == left)
    }

    @Test("grants what it is told instead of what was asked for")
    func grantsSomethingElse() {
        let answer = { (change: (inout GatewayFaults) -> Void) in
            var gateway = ScriptedGateway { change(&$0.faults) }
            let answer = gateway.answer(Self.natpmpMap)
            return (answer, gateway.mappings.count)
        }
        #expect(
            answer { $0.grantedPort = .another }
                == (bytes("0082 0000 00000000 1f90 1f91 00000e10"), 1))
        #expect(
            answer { $0.grantedPort = .zero }
                == (bytes("0082 0000 00000000 1f90 0000 00000e10"), 0))
        #expect(
            answer { $0.grantsWithoutMapping = true }
                == (bytes("0082 0000 00000000 1f90 1f90 00000e10"), 0))
        #expect(
            answer { $0.grantedLifetimeSeconds = 13 }
                == (bytes("0082 0000 00000000 1f90 1f90 0000000d"), 1))
    }

    @Test(
        "runs its epoch as fast as it is told",
        arguments: [(1.0, "00000442"), (2.0, "0000049c"), (0.0, "000003e8"), (-1.0, "0000038e")])
    func runsEpoch(rate: Double, epoch: String) {
        var gateway = ScriptedGateway(epoch: 1000) { $0.faults.epochRate = rate }
        let answer = gateway.answer(Self.address, after: .seconds(90))
        #expect(answer == bytes("00800000" + epoch + "0b162101"))
    }

    @Test("forgets its mappings and its age at a restart, its age at a change of address")
    func restarts() async throws {
        var configuration = GatewayConfiguration()
        configuration.epochSeconds = 5000
        configuration.faults.epochRate = 0
        configuration.externalAddress = IPv4Address("127.77.1.2")
        try await SimulatedGateway.run(configuration) { gateway in
            let before = try #require(try await gateway.ask(Self.natpmpMap))
            #expect(before[4...6] == bytes("000013")[...])
            gateway.changeReportedAddress(to: .unspecified)
            #expect(
                try await gateway.ask(Self.address) == bytes("00800000 00000000 00000000"))
            #expect(gateway.mappings.count == 1)
            await gateway.restart()
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("announces a restart and a new address where it is told")
    func announces() async throws {
        let listener = try UDPSocket(.ipv4)
        try listener.bind(to: SocketAddress(.v4(.loopback), port: 0))
        var configuration = GatewayConfiguration()
        configuration.epochSeconds = 5000
        configuration.faults.epochRate = 0
        configuration.announcesTo = try listener.localAddress()
        try await SimulatedGateway.run(configuration) { gateway in
            gateway.changeReportedAddress(to: IPv4Address(rawValue: 0x0B16_2105))
            await gateway.restart()
            var heard: [[UInt8]] = []
            while heard.count < 4,
                let datagram = try await listener.receive(until: .now + .seconds(10))
            {
                #expect(datagram.source == gateway.gateway)
                heard.append(datagram.payload)
            }
            let natpmp = bytes("00800000 00000000 0b162105")
            let pcp = bytes("02800000 00000000 00000000" + SimulatedPCPTests.zeros)
            #expect(heard == [natpmp, pcp, natpmp, pcp])
        }
    }

    @Test("holds answers back, or works on one after the other")
    func delays() async throws {
        var configuration = GatewayConfiguration()
        configuration.faults.delay = .milliseconds(200)
        try await SimulatedGateway.run(configuration) { gateway in
            let together = try await duration { try await askTwice(gateway) }
            #expect(together >= .milliseconds(200))
            gateway.faults.delay = .zero
            gateway.faults.processingTime = .milliseconds(200)
            let inTurn = try await duration { try await askTwice(gateway) }
            #expect(inTurn >= .milliseconds(400))
        }
    }

    @Test("holds the answers to an operation back, and carries it out at once")
    func delaysOperations() async throws {
        var configuration = GatewayConfiguration()
        configuration.techniques = [.natPMP, .upnp]
        configuration.faults.answerDelays = [
            .natpmpDelete: .seconds(60), .search: .milliseconds(400),
        ]
        try await SimulatedGateway.run(configuration) { gateway in
            _ = try await gateway.ask(Self.natpmpMap)
            #expect(
                try await gateway.ask(
                    bytes("0002 0000 1f90 0000 00000000"), within: .milliseconds(200)) == nil)
            #expect(gateway.mappings.isEmpty)
            let client = try UDPSocket(.ipv4)
            try client.connect(to: try #require(gateway.searchAddress))
            let search =
                "M-SEARCH * HTTP/1.1\r\nMAN:\"ssdp:discover\"\r\nST:upnp:rootdevice\r\n\r\n"
            let waiting = try await duration {
                try client.send(Array(search.utf8))
                #expect(try await client.receive(until: .now + .seconds(10)) != nil)
            }
            #expect(waiting >= .milliseconds(400))
        }
    }

    private func askTwice(_ gateway: SimulatedGateway) async throws {
        async let first = gateway.ask(Self.address)
        async let second = gateway.ask(Self.address)
        let answers = try await [first, second]
        #expect(answers.allSatisfy { $0?.count == 12 })
    }

    private func duration(of body: () async throws -> Void) async rethrows -> Duration {
        let start = ContinuousClock.now
        try await body()
        return start.duration(to: .now)
    }
}
