import Testing

@testable import NATTraversal

@Suite("PCP nonces") struct PCPNonceTests {
    @Test("go through their hexadecimal form unchanged (N-9)")
    func roundTrip() throws {
        let nonce = PCPNonce.random()
        #expect(nonce.octets.count == 12)
        #expect(nonce.hexadecimal.utf8.count == 24)
        #expect(PCPNonce(hexadecimal: nonce.hexadecimal) == nonce)
        #expect(try PCPVectors.nonce.hexadecimal == "000102030405060708090a0b")
    }

    @Test("differ each time") func differ() { #expect(PCPNonce.random() != .random()) }

    @Test(
        "are refused in any other form",
        arguments: [
            "", "00", "000102030405060708090a0", "000102030405060708090a0b0",
            "000102030405060708090a0g", "0x0102030405060708090a0b", "０００１０２０３",
            " 00102030405060708090a0b",
        ])
    func refuses(text: String) { #expect(PCPNonce(hexadecimal: text) == nil) }

    @Test("show no more than four digits (T-13)")
    func isMasked() throws {
        #expect(try "\(PCPVectors.nonce)" == "0001…")
    }
}
