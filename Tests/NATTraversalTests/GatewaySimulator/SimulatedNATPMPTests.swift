import GatewaySimulator
import NATTraversal
import Testing

@Suite("Simulated gateway, NAT-PMP") struct SimulatedNATPMPTests {
    struct Exchange: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: String
        var answer: String
        var epoch: UInt32
    }

    // What miniupnpd 2.3.1 was seen to answer, with its epoch.
    static let captured = [
        Exchange(
            testDescription: "external address", request: "0000",
            answer: "0080 0000 00000561 0b162101", epoch: 0x561),
        Exchange(
            testDescription: "UDP without a suggestion",
            request: "0001 0000 c350 0000 00000e10",
            answer: "0081 0000 00000561 c350 c350 00000e10", epoch: 0x561),
        Exchange(
            testDescription: "TCP with a suggestion",
            request: "0002 0000 c351 ea61 00001c20",
            answer: "0082 0000 00000561 c351 ea61 00001c20", epoch: 0x561),
        Exchange(
            testDescription: "TCP on a port below 1024 that is denied",
            request: "0002 0000 c353 0050 00001c20",
            answer: "0082 0000 00000566 c353 0400 00001c20", epoch: 0x566),
        Exchange(
            testDescription: "internal port 0 with a lifetime",
            request: "0001 0000 0000 0000 0000000a",
            answer: "0081 0002 00000562 0000 0000 0000000a", epoch: 0x562),
        Exchange(
            testDescription: "delete what is not there",
            request: "0002 0000 c351 0000 00000000",
            answer: "0082 0000 00000562 c351 0000 00000000", epoch: 0x562),
        Exchange(
            testDescription: "delete all",
            request: "0001 0000 0000 0000 00000000",
            answer: "0081 0000 00000562 0000 0000 00000000", epoch: 0x562),
        Exchange(
            testDescription: "unsupported opcode, the whole request returned",
            request: "0003 0000 12345678 00000e10",
            answer: "0083 0005 12345678 00000e10", epoch: 0x562),
    ]

    @Test("answers as a real daemon did", arguments: captured)
    func answersAsCaptured(exchange: Exchange) {
        var gateway = ScriptedGateway(epoch: exchange.epoch, taken: Set(1..<1024))
        #expect(gateway.answer(bytes(exchange.request)) == bytes(exchange.answer))
    }

    @Test(
        "does not answer responses and fragments", arguments: ["", "00", "0080", "0001 0000 c350"])
    func staysSilent(request: String) {
        var gateway = ScriptedGateway()
        #expect(gateway.answer(bytes(request)) == nil)
    }

    @Test("refuses with the request's ports and lifetime, and with no address")
    func refuses() {
        var gateway = ScriptedGateway(epoch: 0x567) {
            $0.faults.refusals = [.natpmpMap: 2, .natpmpAddress: 3]
        }
        #expect(
            gateway.answers(["0002 0000 0050 0050 00001c20", "0000"]) == [
                bytes("0082 0002 00000567 0050 0050 00001c20"),
                bytes("0080 0003 00000567 00000000"),
            ])
    }

    @Test("keeps the external port of a mapping that is asked for again")
    func renews() {
        var gateway = ScriptedGateway()
        _ = gateway.answer(bytes("0002 0000 1f90 2382 00001c20"))
        let again = gateway.answer(bytes("0002 0000 1f90 0000 00000e10"), after: .seconds(60))
        #expect(again == bytes("0082 0000 0000003c 1f90 2382 00000e10"))
        #expect(gateway.mappings.count == 1)
    }

    @Test("gives another client the next port, and keeps the other transport's port for the first")
    func separatesClients() {
        var gateway = ScriptedGateway()
        let other = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D14))
        _ = gateway.answer(bytes("0002 0000 1f90 1f90 00000e10"))
        let tcp = gateway.answer(bytes("0002 0000 1f90 1f90 00000e10"), from: other)
        let udp = gateway.answer(bytes("0001 0000 1f90 1f90 00000e10"), from: other)
        #expect(tcp == bytes("0082 0000 00000000 1f90 1f91 00000e10"))
        #expect(udp == bytes("0081 0000 00000000 1f90 1f91 00000e10"))
        let sibling = gateway.answer(bytes("0001 0000 1f90 1f90 00000e10"))
        #expect(sibling == bytes("0081 0000 00000000 1f90 1f90 00000e10"))
    }

    @Test("deletes one, or all of a transport, and nobody else's")
    func deletes() {
        var gateway = ScriptedGateway()
        let other = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D14))
        for port in ["1f90", "1f91", "1f92"] {
            _ = gateway.answer(bytes("0002 0000 \(port) 0000 00000e10"))
        }
        _ = gateway.answer(bytes("0001 0000 1f90 0000 00000e10"))
        _ = gateway.answer(bytes("0002 0000 1f90 0000 00000e10"), from: other)
        _ = gateway.answer(bytes("0002 0000 1f91 0000 00000000"))
        #expect(gateway.mappings.map(\.internalEndpoint.port).count == 4)
        _ = gateway.answer(bytes("0002 0000 0000 0000 00000000"))
        #expect(
            gateway.mappings.map(\.transport) == [.udp, .tcp])
        #expect(gateway.mappings.last?.internalEndpoint.address == other)
    }

    @Test("forgets a mapping whose lifetime is over")
    func expires() {
        var gateway = ScriptedGateway()
        _ = gateway.answer(bytes("0002 0000 1f90 1f90 0000000a"))
        _ = gateway.answer(bytes("0000"), after: .seconds(9))
        #expect(gateway.mappings.count == 1)
        _ = gateway.answer(bytes("0000"), after: .seconds(10))
        #expect(gateway.mappings.isEmpty)
    }

    @Test("answers NAT-PMP in PCP when it speaks PCP alone")
    func refusesVersion() {
        var gateway = ScriptedGateway(epoch: 0x5c9) { $0.techniques = [.pcp] }
        let answer = bytes("02800001 00000708 000005c9 00000000 00000000 00000000")
        #expect(gateway.answer(bytes("0000")) == answer)
    }
}
