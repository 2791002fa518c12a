import GatewaySimulator
import NATTraversal
import Testing

@Suite("Simulated gateway, PCP") struct SimulatedPCPTests {
    static let zeros = " 00000000 00000000 00000000"
    static let client = "00000000 00000000 0000ffff c0a84d0a"
    static let anyIPv4 = "00000000 00000000 0000ffff 00000000"
    static let external = "00000000 00000000 0000ffff 0b162101"
    static let nonce = "00010203 04050607 08090a0b"
    static let otherNonce = "fffefdfc fbfaf9f8 f7f6f5f4"

    /// A MAP request: header, nonce, the rest.
    static func map(
        lifetime: String, client: String = client, nonce: String = nonce, _ rest: String
    ) -> [UInt8] {
        bytes("02010000" + lifetime + client + nonce + rest)
    }

    /// An answer to MAP with the epoch 0x5c9.
    static func answer(
        result: String = "00", lifetime: String, nonce: String = nonce, _ rest: String
    ) -> [UInt8] {
        bytes("028100" + result + lifetime + "000005c9" + zeros + nonce + rest)
    }

    struct Exchange: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: [UInt8]
        var answer: [UInt8]
    }

    static let filter = "03000014 00800000 00000000 00000000 0000ffff cb007109"
    static let thirdParty = "01000010 00000000 00000000 0000ffff c0a84d14"

    // What miniupnpd 2.3.1 was seen to answer; where it sends 0 as the lifetime of an error, the
    // RFC's 1800 s or 30 s.
    static let captured = [
        Exchange(
            testDescription: "ANNOUNCE", request: bytes("02000000 00000000" + client),
            answer: bytes("02800000 00000000 000005c9" + zeros)),
        Exchange(
            testDescription: "UDP without a suggestion",
            request: map(lifetime: "00000e10", "11000000 9c400000" + anyIPv4),
            answer: answer(lifetime: "00000e10", "11000000 9c409c40" + external)),
        Exchange(
            testDescription: "TCP with PREFER_FAILURE",
            request: map(lifetime: "00000258", "06000000 9c43c353" + external + "02000000"),
            answer: answer(lifetime: "00000258", "06000000 9c43c353" + external + "02000000")),
        Exchange(
            testDescription: "PREFER_FAILURE with a foreign external address",
            request: map(
                lifetime: "00000258",
                "06000000 9c45c355 00000000 00000000 0000ffff 09090909 02000000"),
            answer: answer(
                result: "0b", lifetime: "0000001e",
                "06000000 9c45c355 00000000 00000000 0000ffff 09090909 02000000")),
        Exchange(
            testDescription: "UDP with a FILTER",
            request: map(lifetime: "00000258", "11000000 9c460000" + anyIPv4 + filter),
            answer: answer(lifetime: "00000258", "11000000 9c469c46" + external + filter)),
        Exchange(
            testDescription: "THIRD_PARTY that is not allowed",
            request: map(lifetime: "00000258", "11000000 9c470000" + anyIPv4 + thirdParty),
            answer: answer(
                result: "05", lifetime: "00000708", "11000000 9c470000" + anyIPv4 + thirdParty)),
        Exchange(
            testDescription: "a client address that is not the sender's",
            request: map(
                lifetime: "00000258", client: "00000000 00000000 0000ffff c0a84d63",
                "11000000 9c4b0000" + anyIPv4),
            answer: answer(result: "0c", lifetime: "00000708", "11000000 9c4b0000" + anyIPv4)),
        Exchange(
            testDescription: "an unknown opcode", request: bytes("02050000 00000000" + client),
            answer: bytes("02850004 00000708 000005c9" + zeros)),
        Exchange(
            testDescription: "version 3", request: bytes("03000000 00000000" + client),
            answer: bytes("02800001 00000708 000005c9" + zeros)),
        Exchange(
            testDescription: "a length that is no multiple of four",
            request: bytes("02000000 00000000" + client + "00"),
            answer: bytes("02800003 00000708 000005c9" + zeros + "00000000")),
        Exchange(
            testDescription: "a mandatory option that nobody knows",
            request: map(lifetime: "00000258", "11000000 9c400000" + anyIPv4 + "7f000000"),
            answer: answer(
                result: "05", lifetime: "00000708",
                "11000000 9c400000" + anyIPv4 + "7f000000")),
        Exchange(
            testDescription: "an optional option that nobody knows",
            request: map(lifetime: "00000258", "11000000 9c400000" + anyIPv4 + "ff000001 2a000000"),
            answer: answer(lifetime: "00000258", "11000000 9c409c40" + external)),
        Exchange(
            testDescription: "an option that is longer than the message",
            request: map(lifetime: "00000258", "11000000 9c400000" + anyIPv4 + "80000005 61626300"),
            answer: answer(
                result: "06", lifetime: "00000708",
                "11000000 9c400000" + anyIPv4 + "80000005 61626300")),
        Exchange(
            testDescription: "every protocol at once",
            request: map(lifetime: "00000258", "00000000 00000000" + anyIPv4),
            answer: answer(result: "09", lifetime: "00000708", "00000000 00000000" + anyIPv4)),
        Exchange(
            testDescription: "PREFER_FAILURE without a port",
            request: map(lifetime: "00000258", "06000000 9c430000" + anyIPv4 + "02000000"),
            answer: answer(
                result: "06", lifetime: "00000708",
                "06000000 9c430000" + anyIPv4 + "02000000")),
    ]

    @Test("answers as a real daemon did", arguments: captured)
    func answersAsCaptured(exchange: Exchange) {
        var gateway = ScriptedGateway(epoch: 0x5c9)
        #expect(gateway.answer(exchange.request) == exchange.answer)
    }

    @Test("does not answer responses and fragments", arguments: ["02", "0280 0000", "0281"])
    func staysSilent(request: String) {
        var gateway = ScriptedGateway()
        #expect(gateway.answer(bytes(request)) == nil)
    }

    @Test(
        "grants 120 to 86400 seconds",
        arguments: [("00000001", "00000078"), ("ffffffff", "00015180"), ("00001c20", "00001c20")])
    func clampsLifetimes(asked: String, granted: String) {
        var gateway = ScriptedGateway(epoch: 0x5c9)
        let answer = gateway.answer(
            Self.map(lifetime: asked, "06000000 9c430000" + Self.anyIPv4))
        #expect(
            answer == Self.answer(lifetime: granted, "06000000 9c439c43" + Self.external))
    }

    @Test("renews and deletes for the nonce of the mapping alone (N-9)")
    func checksNonce() {
        var gateway = ScriptedGateway(epoch: 0x5c9)
        let tail = "11000000 a0280000" + Self.anyIPv4
        _ = gateway.answer(Self.map(lifetime: "00000e10", tail))
        let strangersDelete = gateway.answer(
            Self.map(lifetime: "00000000", nonce: Self.otherNonce, tail))
        // The lifetime is what is left of the mapping.
        #expect(
            strangersDelete
                == Self.answer(result: "02", lifetime: "00000e10", nonce: Self.otherNonce, tail))
        let strangersRenewal = gateway.answer(
            Self.map(lifetime: "00000e10", nonce: Self.otherNonce, tail))
        #expect(strangersRenewal?[3] == 2)
        let ownDelete = gateway.answer(Self.map(lifetime: "00000000", tail))
        #expect(ownDelete == Self.answer(lifetime: "00000000", tail))
        #expect(gateway.mappings.isEmpty)
    }

    @Test("deletes what is not there with success")
    func deletesNothing() {
        var gateway = ScriptedGateway(epoch: 0x5c9)
        let tail = "11000000 a0280000" + Self.anyIPv4
        let answer = gateway.answer(Self.map(lifetime: "00000000", tail))
        #expect(answer == Self.answer(lifetime: "00000000", tail))
    }

    @Test("answers a taken port with the next one, or CANNOT_PROVIDE_EXTERNAL where that is no use")
    func answersTakenPort() {
        var gateway = ScriptedGateway(epoch: 0x5c9, taken: [0xC353])
        let request = "06000000 9c43c353" + Self.anyIPv4
        #expect(
            gateway.answer(Self.map(lifetime: "00000258", request + "02000000"))
                == Self.answer(result: "0b", lifetime: "0000001e", request + "02000000"))
        #expect(
            gateway.answer(Self.map(lifetime: "00000258", request))
                == Self.answer(lifetime: "00000258", "06000000 9c43c354" + Self.external))
    }

    @Test("maps for another host where it may")
    func mapsForThirdParty() {
        var gateway = ScriptedGateway(epoch: 0x5c9) { $0.allowsThirdParty = true }
        let answer = gateway.answer(
            Self.map(lifetime: "00000258", "11000000 9c470000" + Self.anyIPv4 + Self.thirdParty))
        #expect(
            answer
                == Self.answer(
                    lifetime: "00000258", "11000000 9c479c47" + Self.external + Self.thirdParty))
        let endpoint = gateway.mappings.first?.internalEndpoint
        #expect(endpoint?.description == "192.168.77.20:40007")
        let own = "01000010" + Self.client
        let refused = gateway.answer(
            Self.map(lifetime: "00000258", "11000000 9c480000" + Self.anyIPv4 + own))
        #expect(refused?[3] == 3)
    }

    @Test("stores filters and the description, adds to the one and replaces the other")
    func storesOptions() {
        var gateway = ScriptedGateway()
        let head = "11000000 9c460000" + Self.anyIPv4
        _ = gateway.answer(
            Self.map(lifetime: "00000258", head + Self.filter + "80000003 61626300"))
        _ = gateway.answer(
            Self.map(
                lifetime: "00000258",
                head + "03000014 007800ff 00000000 00000000 0000ffff cb007100 80000001 7a000000"))
        let mapping = gateway.mappings.first
        #expect(mapping?.description == Array("z".utf8))
        #expect(mapping?.filters.map(\.prefixLength) == [128, 120])
        #expect(mapping?.filters.map(\.port) == [0, 255])
        let clearing = "03000014 00000000 00000000 00000000 0000ffff 00000000"
        _ = gateway.answer(Self.map(lifetime: "00000258", head + clearing))
        #expect(gateway.mappings.first?.filters == [])
    }

    @Test("answers PCP in 8 bytes of NAT-PMP when it does not speak PCP (N-1)")
    func refusesVersion() {
        var gateway = ScriptedGateway(epoch: 0x562) { $0.techniques = [.natPMP] }
        #expect(
            gateway.answers(["02000000 00000000" + Self.client, "0000"]) == [
                bytes("0080 0001 00000562"), bytes("0080 0000 00000562 0b162101"),
            ])
    }

    @Test("keeps PCP's and NAT-PMP's mappings apart")
    func separatesTechniques() {
        var gateway = ScriptedGateway()
        _ = gateway.answer(Self.map(lifetime: "00000258", "06000000 1f900000" + Self.anyIPv4))
        #expect(
            gateway.answers(["0002 0000 1f90 0000 00000000", "0002 0000 1f90 0000 00000e10"]) == [
                bytes("0082 0002 00000000 1f90 0000 00000000"),
                bytes("0082 0002 00000000 1f90 0000 00000e10"),
            ])
        #expect(gateway.mappings.count == 1)
    }
}
