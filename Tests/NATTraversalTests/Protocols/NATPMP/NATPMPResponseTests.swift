import Testing

@testable import NATTraversal

@Suite("NAT-PMP responses") struct NATPMPResponseTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var opcode: UInt8
        var result: UInt16
        var epoch: UInt32?
        var body: NATPMPResponse.Body
    }

    static func mapping(
        _ internalPort: UInt16, _ externalPort: UInt16, _ lifetimeSeconds: UInt32
    ) -> NATPMPResponse.Body {
        .mapping(
            internalPort: internalPort, externalPort: externalPort,
            lifetimeSeconds: lifetimeSeconds)
    }

    // Captured from miniupnpd 2.3.1.
    static let successes = [
        Vector(
            testDescription: "external address 11.22.33.1",
            bytes: bytes("00 80 0000 00000561 0b162101"), opcode: 128, result: 0, epoch: 1377,
            body: .externalAddress(IPv4Address(rawValue: 0x0B16_2101))),
        Vector(
            testDescription: "UDP 50000 as asked",
            bytes: bytes("00 81 0000 00000561 c350 c350 00000e10"), opcode: 129, result: 0,
            epoch: 1377, body: mapping(50000, 50000, 3600)),
        Vector(
            testDescription: "TCP 50003 on another port than the denied 80",
            bytes: bytes("00 82 0000 00000566 c353 0400 00001c20"), opcode: 130, result: 0,
            epoch: 1382, body: mapping(50003, 1024, 7200)),
        Vector(
            testDescription: "deleted", bytes: bytes("00 82 0000 00000562 c351 0000 00000000"),
            opcode: 130, result: 0, epoch: 1378, body: mapping(50001, 0, 0)),
    ]

    // Captured from the same, except the forms of the RFC's figures.
    static let failures = [
        Vector(
            testDescription: "refused, with ports and a lifetime that mean nothing",
            bytes: bytes("00 82 0002 00000567 0050 0050 00001c20"), opcode: 130, result: 2,
            epoch: 1383, body: .failure(internalPort: 80)),
        Vector(
            testDescription: "unsupported opcode in 8 bytes: no epoch is read from it",
            bytes: bytes("00 83 0005 00000562"), opcode: 131, result: 5, epoch: nil,
            body: .failure(internalPort: nil)),
        Vector(
            testDescription: "unsupported opcode with the request's own bytes",
            bytes: bytes("00 83 0005 12345678 0000 0e10"), opcode: 131, result: 5, epoch: nil,
            body: .failure(internalPort: 0)),
        Vector(
            testDescription: "unsupported version as in the RFC's figure",
            bytes: bytes("00 00 0001 00000562"), opcode: 0, result: 1, epoch: 1378,
            body: .failure(internalPort: nil)),
        Vector(
            testDescription: "unsupported version as daemons send it",
            bytes: bytes("00 80 0001 00000562"), opcode: 128, result: 1, epoch: 1378,
            body: .failure(internalPort: nil)),
        Vector(
            testDescription: "no external address",
            bytes: bytes("00 80 0003 0000002a 00000000"), opcode: 128, result: 3, epoch: 42,
            body: .failure(internalPort: nil)),
        Vector(
            testDescription: "a result that is not assigned",
            bytes: bytes("00 81 ffff 00000001"), opcode: 129, result: 0xFFFF, epoch: 1,
            body: .failure(internalPort: nil)),
    ]

    @Test("are read field by field", arguments: successes + failures)
    func reads(vector: Vector) throws {
        let response = try NATPMPResponse(parsing: vector.bytes)
        #expect(response.opcode == vector.opcode)
        #expect(response.result.rawValue == vector.result)
        #expect(response.epochSeconds == vector.epoch)
        #expect(response.body == vector.body)
    }

    @Test("are refused when a success is cut short, wherever", arguments: successes)
    func refusesPrefixes(vector: Vector) {
        for length in vector.bytes.indices {
            #expect(throws: WireError.self, "\(length) bytes") {
                try NATPMPResponse(parsing: Array(vector.bytes.prefix(length)))
            }
        }
    }

    @Test("tell their result when an error is cut short after it", arguments: failures)
    func readsErrorPrefixes(vector: Vector) throws {
        for length in vector.bytes.indices {
            let prefix = Array(vector.bytes.prefix(length))
            if length < 4 {
                #expect(throws: WireError.self) { try NATPMPResponse(parsing: prefix) }
            } else {
                #expect(try NATPMPResponse(parsing: prefix).result.rawValue == vector.result)
            }
        }
    }

    @Test("name no port when they end within the epoch", arguments: 4..<10)
    func namesNoPort(length: Int) throws {
        let error = bytes("00 82 0004 00000561 c350 c350 00000e10")
        let response = try NATPMPResponse(parsing: Array(error.prefix(length)))
        #expect(response.body == .failure(internalPort: nil))
    }

    @Test(
        "are refused when a byte is wrong that must be right",
        arguments: [
            ("version 1", "01 80 0000 00000561 0b162101"),
            ("version 2", "02 80 0000 00000561 0b162101"),
            ("a request's opcode", "00 00 0000 00000561 0b162101"),
            ("a request's opcode with an error", "00 02 0002 00000561 c350 c350 00000e10"),
            ("a success of an opcode nobody knows", "00 83 0000 00000561 c350 c350 00000e10"),
        ])
    func refuses(defect: String, hexadecimal: String) {
        #expect(throws: WireError.self) { try NATPMPResponse(parsing: bytes(hexadecimal)) }
    }

    @Test("are refused beyond 1100 bytes")
    func refusesOversized() throws {
        let address = Self.successes[0].bytes
        let padded = address + Array(repeating: 0, count: 1100 - address.count)
        _ = try NATPMPResponse(parsing: padded)
        #expect(throws: WireError.self) { try NATPMPResponse(parsing: padded + [0]) }
    }
}
