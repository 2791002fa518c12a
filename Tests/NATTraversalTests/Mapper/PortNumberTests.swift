import Testing

@testable import NATTraversal

@Suite("A port number") struct PortNumberTests {
    @Test(
        "is a number from 1 to 65535",
        arguments: [
            (1, 1), (80, 80), (65535, 65535), (0, nil), (-1, nil), (65536, nil), (.max, nil),
            (.min, nil),
        ] as [(Int, UInt16?)])
    func isInRange(number: Int, value: UInt16?) {
        #expect(PortNumber(number)?.rawValue == value)
    }

    @Test("is a literal in the source code")
    func isLiteral() {
        let port: PortNumber = 8080
        #expect(port.rawValue == 8080)
    }
}
