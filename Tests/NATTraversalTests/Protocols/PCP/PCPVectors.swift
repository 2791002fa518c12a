@testable import NATTraversal

/// Exchanges with miniupnpd 2.3.1 at 192.168.77.1, external address 11.22.33.1, asked from
/// 192.168.77.10; each the bytes of RFC 6887's figures, field by field.
enum PCPVectors {
    static let client = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D0A))
    static let external = IPAddress.v4(IPv4Address(rawValue: 0x0B16_2101))
    static let anyIPv4 = IPAddress.v4(.unspecified)

    static let clientBytes = "00000000 00000000 0000ffff c0a84d0a"
    static let externalBytes = "00000000 00000000 0000ffff 0b162101"
    static let anyIPv4Bytes = "00000000 00000000 0000ffff 00000000"
    static let nonceBytes = "00010203 04050607 08090a0b"
    static let reserved = "00000000 00000000 00000000"

    /// 000102030405060708090a0b.
    static var nonce: PCPNonce {
        get throws {
            var reader = ByteReader(bytes(nonceBytes))
            return try PCPNonce(parsing: &reader)
        }
    }

    static func mapping(
        _ transport: TransportProtocol, _ internalPort: UInt16, _ externalPort: UInt16 = 0,
        _ externalAddress: IPAddress = anyIPv4
    ) throws -> PCPMapping {
        PCPMapping(
            nonce: try nonce, transport: transport, internalPort: internalPort,
            externalPort: externalPort, externalAddress: externalAddress)
    }

    /// A request for TCP or UDP 40000 to 40020, `lifetime` in hexadecimal.
    static func mapRequest(_ lifetime: String, _ rest: String) -> [UInt8] {
        bytes("02 01 0000" + lifetime + clientBytes + nonceBytes + rest)
    }

    /// A response of epoch 0x5c9.
    static func mapResponse(
        result: String = "00", _ lifetime: String, _ rest: String
    ) -> [UInt8] {
        bytes(
            "02 81 00" + result + lifetime + "000005c9" + reserved + nonceBytes + rest)
    }

    /// UDP 40000 mapped to 40000 for 3600 s.
    static let granted = mapResponse("00000e10", "11 000000 9c40 9c40" + externalBytes)
    /// FILTER for 203.0.113.9.
    static let filter = "03 00 0014 00 80 0000 00000000 00000000 0000ffff cb007109"
    /// THIRD_PARTY for 192.168.77.20.
    static let thirdParty = "01 00 0010 00000000 00000000 0000ffff c0a84d14"
}
