import Testing

@testable import NATTraversal

@Suite("IPv4 address") struct IPv4AddressTests {
    @Test(
        "is four decimal fields",
        arguments: [
            ("0.0.0.0", 0), ("127.0.0.1", 0x7F00_0001), ("192.168.77.1", 0xC0A8_4D01),
            ("1.2.3.4", 0x0102_0304), ("10.20.100.200", 0x0A14_64C8),
            ("255.255.255.255", 0xFFFF_FFFF),
        ] as [(String, UInt32)])
    func reads(text: String, value: UInt32) throws {
        let address = try #require(IPv4Address(text))
        #expect(address.rawValue == value)
        #expect(address.description == text)
        #expect(address.octets.reduce(0) { $0 << 8 | UInt32($1) } == value)
    }

    @Test(
        "refuses short forms, other bases, signs, blanks and what is too large",
        arguments: [
            "", ".", "...", "1", "1.2", "1.2.3", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4.",
            "1.2.3.4.5", "256.1.1.1", "1.1.1.256", "1.1.1.999", "1.1.1.1000", "01.2.3.4",
            "1.2.3.04", "00.0.0.0", "1.2.3.0x4", "0x7f.0.0.1", "0177.0.0.1", "2130706433",
            "+1.2.3.4", "-1.2.3.4", "1.2.3.-0", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "1. 2.3.4",
            "1.2.3.a", "1.2.3.4/24", "1.2.3.4:80", "1,2,3,4", "１.2.3.4", "1.2.3.4\0",
            "99999999999999999999.1.1.1",
        ])
    func refuses(text: String) {
        #expect(IPv4Address(text) == nil)
    }
}
