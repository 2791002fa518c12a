import Testing

@testable import NATTraversal

@Suite("PCP requests") struct PCPRequestTests {
    typealias Vectors = PCPVectors

    static func request(
        _ mapping: PCPMapping, _ lifetimeSeconds: UInt32, _ options: [PCPOption] = []
    ) -> PCPRequest {
        PCPRequest(
            operation: .map(mapping), lifetimeSeconds: lifetimeSeconds,
            clientAddress: Vectors.client, options: options)
    }

    @Test("ANNOUNCE is a header alone")
    func announces() {
        let request = PCPRequest(operation: .announce, clientAddress: Vectors.client)
        #expect(request.encoded == bytes("02 00 0000 00000000" + Vectors.clientBytes))
    }

    @Test("MAP without a suggestion names the family all the same")
    func maps() throws {
        #expect(
            Self.request(try Vectors.mapping(.udp, 40000), 3600).encoded
                == Vectors.mapRequest("00000e10", "11 000000 9c40 0000" + Vectors.anyIPv4Bytes))
    }

    @Test("MAP repeats what was assigned in a renewal")
    func renews() throws {
        let mapping = try Vectors.mapping(.udp, 40000, 40000, Vectors.external)
        #expect(
            Self.request(mapping, 3600).encoded
                == Vectors.mapRequest("00000e10", "11 000000 9c40 9c40" + Vectors.externalBytes))
    }

    @Test("MAP with PREFER_FAILURE")
    func prefersFailure() throws {
        let mapping = try Vectors.mapping(.tcp, 40003, 50003, Vectors.external)
        #expect(
            Self.request(mapping, 600, [.preferFailure]).encoded
                == Vectors.mapRequest(
                    "00000258", "06 000000 9c43 c353" + Vectors.externalBytes + "02 00 0000"))
    }

    @Test("MAP with FILTER counts an IPv4 prefix from 96")
    func filters() throws {
        let peer = IPAddress.v4(IPv4Address(rawValue: 0xCB00_7109))
        #expect(
            Self.request(
                try Vectors.mapping(.udp, 40006), 600, [.filter(peer, prefixLength: 128, port: 0)]
            ).encoded
                == Vectors.mapRequest(
                    "00000258", "11 000000 9c46 0000" + Vectors.anyIPv4Bytes + Vectors.filter))
    }

    @Test("MAP with THIRD_PARTY")
    func mapsForThirdParty() throws {
        let host = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D14))
        #expect(
            Self.request(try Vectors.mapping(.udp, 40007), 600, [.thirdParty(host)]).encoded
                == Vectors.mapRequest(
                    "00000258", "11 000000 9c47 0000" + Vectors.anyIPv4Bytes + Vectors.thirdParty))
    }

    @Test("a delete has lifetime 0 and zeros outside")
    func deletes() throws {
        #expect(
            Self.request(try Vectors.mapping(.udp, 41000), 0).encoded
                == Vectors.mapRequest("00000000", "11 000000 a028 0000" + Vectors.anyIPv4Bytes))
    }

    @Test("an IPv6 client asks with its own address and `::`")
    func mapsIPv6() throws {
        let client = try #require(IPv6Address("fd77::10"))
        let mapping = try Vectors.mapping(.udp, 40000, 0, .v6(.unspecified))
        let request = PCPRequest(
            operation: .map(mapping), lifetimeSeconds: 3600, clientAddress: .v6(client))
        #expect(
            request.encoded
                == bytes(
                    "02 01 0000 00000e10 fd770000 00000000 00000000 00000010" + Vectors.nonceBytes
                        + "11 000000 9c40 0000 00000000 00000000 00000000 00000000"))
    }

    @Test(
        "DESCRIPTION is padded, and its length is not",
        arguments: [
            ("", "80 00 0000"), ("a", "80 00 0001 61000000"), ("abc", "80 00 0003 61626300"),
            ("abcd", "80 00 0004 61626364"), ("ä", "80 00 0002 c3a40000"),
        ])
    func describes(text: String, hexadecimal: String) {
        #expect(PCPOption.description(text).encoded == bytes(hexadecimal))
    }
}
