import Testing

@testable import NATTraversal

@Suite("PCP responses") struct PCPResponseTests {
    typealias Vectors = PCPVectors

    @Test("ANNOUNCE tells the epoch")
    func readsAnnounce() throws {
        let response = try PCPResponse(
            parsing: bytes("02 80 00 00 00000000 000005c9" + Vectors.reserved))
        #expect(response.operation == .announce)
        #expect(response.result == .success)
        #expect(response.epochSeconds == 1481)
    }

    @Test("MAP tells what was granted")
    func readsMapping() throws {
        let response = try PCPResponse(parsing: Vectors.granted)
        #expect(
            response.operation
                == .map(try Vectors.mapping(.udp, 40000, 40000, Vectors.external)))
        #expect(response.result == .success)
        #expect(response.lifetimeSeconds == 3600)
        #expect(response.epochSeconds == 1481)
    }

    @Test("MAP of a firewall tells the internal address as the external one (N-18)")
    func readsPinhole() throws {
        let response = try PCPResponse(
            parsing: Vectors.mapResponse(
                "00000e10", "11 000000 9c40 9c40 fd770000 00000000 00000000 00000010"))
        let host = try #require(IPv6Address("fd77::10"))
        #expect(response.operation == .map(try Vectors.mapping(.udp, 40000, 40000, .v6(host))))
    }

    @Test(
        "an error keeps its number and its lifetime",
        arguments: [
            ("02", UInt8(2), "NOT_AUTHORIZED"), ("05", 5, "UNSUPP_OPTION"),
            ("08", 8, "NO_RESOURCES"), ("0b", 11, "CANNOT_PROVIDE_EXTERNAL"),
            ("0c", 12, "ADDRESS_MISMATCH"), ("1a", 26, "UNSUPP_THIRD_PARTY_ID_LENGTH"),
            ("1b", 27, nil), ("ff", 255, nil),
        ])
    func readsErrors(hexadecimal: String, code: UInt8, name: String?) throws {
        let response = try PCPResponse(
            parsing: Vectors.mapResponse(
                result: hexadecimal, "0000001e", "11 000000 9c4b 0000" + Vectors.anyIPv4Bytes))
        #expect(response.result.rawValue == code)
        #expect(response.result.name == name)
        #expect(response.lifetimeSeconds == 30)
        #expect(response.operation == .map(try Vectors.mapping(.udp, 40011)))
    }

    @Test("an error of a header alone names its opcode")
    func readsHeaderOnly() throws {
        let response = try PCPResponse(
            parsing: bytes("02 85 00 04 00000000 000005c9" + Vectors.reserved))
        #expect(response.operation == .headerOnly(opcode: 5))
        #expect(response.result == .unsupportedOpcode)
    }

    @Test("a success that is cut short is refused, wherever")
    func refusesPrefixes() {
        for length in Vectors.granted.indices {
            #expect(throws: WireError.self, "\(length) bytes") {
                try PCPResponse(parsing: Array(Vectors.granted.prefix(length)))
            }
        }
    }

    @Test(
        "a header with a wrong byte that must be right is refused",
        arguments: [(0, 0), (0, 1), (0, 3), (1, 0x01), (1, 0x83), (1, 0xFF)])
    func refuses(index: Int, value: UInt8) {
        var wrong = Vectors.granted
        wrong[index] = value
        #expect(throws: WireError.self) { try PCPResponse(parsing: wrong) }
    }

    @Test("reserved bytes may be anything", arguments: [2, 12, 23, 37, 39])
    func ignoresReserved(index: Int) throws {
        var odd = Vectors.granted
        odd[index] = 0xFF
        #expect(try PCPResponse(parsing: odd) == PCPResponse(parsing: Vectors.granted))
    }

    @Test("lengths are multiples of 4 up to 1100", arguments: [61, 62, 63, 1101, 1104, 65507])
    func refusesLength(length: Int) {
        let padded = Vectors.granted + Array(repeating: 0, count: length - Vectors.granted.count)
        #expect(throws: WireError.self) { try PCPResponse(parsing: padded) }
    }

    @Test(
        "options change nothing, whole or broken",
        arguments: [
            Vectors.filter + "02 00 0000", "80 00 0003 61626300" + Vectors.thirdParty,
            "82 00 0005 0004 9c40 00 000000", "03 00 0014", "80 00 ffff 61626300",
            "03 00 0004 00000000 01 00 0100",
        ])
    func ignoresOptions(hexadecimal: String) throws {
        #expect(
            try PCPResponse(parsing: Vectors.granted + bytes(hexadecimal))
                == PCPResponse(parsing: Vectors.granted))
    }
}
