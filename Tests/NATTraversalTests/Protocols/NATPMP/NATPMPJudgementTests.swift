import Testing

@testable import NATTraversal

@Suite("What answers a NAT-PMP request") struct NATPMPJudgementTests {
    static let request = NATPMPRequestTests.map(.tcp, 50001, 60001, 7200)
    static let answer = bytes("00 82 0000 00000561 c351 ea61 00001c20")

    /// Whether the bytes are taken for an answer to `request`.
    static func answers(_ payload: [UInt8], _ request: NATPMPRequest = request) -> Bool {
        if case .answer = NATPMPClient.judge(payload, for: request) { true } else { false }
    }

    @Test("the answer of a real daemon does")
    func accepts() { #expect(Self.answers(Self.answer)) }

    @Test("version, opcode and internal port must be right, every bit of them (N-5, N-6)")
    func everyBitCounts() {
        for index in [0, 1, 8, 9] {
            for bit in 0..<8 {
                var wrong = Self.answer
                wrong[index] ^= 1 << UInt8(bit)
                #expect(!Self.answers(wrong), "byte \(index), bit \(bit)")
            }
        }
    }

    @Test(
        "nothing else does",
        arguments: [
            ("an answer to the address request", "00 80 0000 00000561 0b162101"),
            ("an answer to the UDP request", "00 81 0000 00000561 c351 ea61 00001c20"),
            ("an answer that was cut", "00 82 0000 00000561 c351"),
            ("another port's refusal", "00 82 0002 00000561 c352 ea61 00001c20"),
            ("the request itself", "00 02 0000 c351 ea61 00001c20"),
            ("a PCP mapping", "02 81 0000 00000e10 00000561 00000000 00000000 00000000"),
            ("an empty datagram", ""),
            ("one byte", "00"),
        ])
    func ignores(what: String, hexadecimal: String) {
        #expect(!Self.answers(bytes(hexadecimal)))
    }

    @Test(
        "a gateway that speaks another version does, for it says so (N-1)",
        arguments: [
            "00 00 0001 00000562", "00 82 0001 00000562",
            "02 82 0001 00000000 00000562 00000000 00000000 00000000",
        ])
    func acceptsVersionErrors(hexadecimal: String) throws {
        guard case .answer(let response) = NATPMPClient.judge(bytes(hexadecimal), for: Self.request)
        else {
            Issue.record("not taken for an answer")
            return
        }
        #expect(response.result == .unsupportedVersion)
    }
}
