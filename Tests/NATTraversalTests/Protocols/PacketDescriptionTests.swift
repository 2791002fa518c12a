import Testing

@testable import NATTraversal

@Suite("A datagram in words") struct PacketDescriptionTests {
    private static let nonce: [UInt8] = [
        0x1A, 0x2B, 0x3C, 0x4D, 0x5E, 0x6F, 0x70, 0x81, 0x92, 0xA3, 0xB4, 0xC5,
    ]
    private static let host: [UInt8] =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + [192, 168, 1, 10]
    private static let outside: [UInt8] =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] + [198, 51, 100, 7]
    private static let ports: [UInt8] = [6, 0, 0, 0] + [0x1F, 0x90, 0x1F, 0x91]

    private static let mapRequest: [UInt8] =
        [2, 1, 0, 0] + [0, 0, 0x1C, 0x20] + host + nonce + ports + outside
        + [2, 0, 0, 0]  // PREFER_FAILURE
        + [128, 0, 0, 3] + Array("web".utf8) + [0]

    private static let mapResponse: [UInt8] =
        [2, 0x81, 0, 0] + [0, 0, 0x1C, 0x20] + [0, 0, 0x0E, 0x10] + Array(repeating: 0, count: 12)
        + nonce + ports + outside

    @Test(
        "names operation, result and fields in their order",
        arguments: [
            (
                mapRequest, "MAP request: tcp 8080, external 198.51.100.7:8081, 7200 s",
                "client 192.168.1.10, nonce 1a2b…, PREFER_FAILURE, DESCRIPTION \"web\""
            ),
            (
                mapResponse, "MAP response: SUCCESS, tcp 8080, external 198.51.100.7:8081, 7200 s",
                "epoch 3600 s, nonce 1a2b…"
            ),
            (
                [2, 0x81, 0, 2] + [0, 0, 0, 30] + Array(repeating: 0, count: 16),
                "MAP response: NOT_AUTHORIZED (2)", "epoch 0 s, ends after 24 bytes"
            ),
            ([2, 0, 0, 0] + [0, 0, 0, 0] + host, "ANNOUNCE request", "client 192.168.1.10"),
            ([0, 0], "ADDRESS request", ""),
            (
                [0, 128, 0, 0] + [0, 0, 0x0E, 0x10] + [198, 51, 100, 7],
                "ADDRESS response: SUCCESS, external 198.51.100.7", "epoch 3600 s"
            ),
            (
                [0, 1, 0, 0] + [0x1F, 0x90, 0x1F, 0x91] + [0, 0, 0x1C, 0x20],
                "MAP request: udp 8080, external port 8081, 7200 s", ""
            ),
            (
                [0, 130, 0, 2] + [0, 0, 0x0E, 0x10], "MAP response: NOT_AUTHORIZED (2)",
                "epoch 3600 s"
            ),
            ([0, 130, 0, 99], "MAP response: result 99", "ends after 4 bytes"),
            (
                [9, 200, 0, 1], "opcode 72 response: UNSUPP_VERSION (1)",
                "version 9, ends after 4 bytes"
            ),
            ([2, 0xC1, 0, 1], "opcode 65 response: UNSUPP_VERSION (1)", ""),
        ] as [([UInt8], String, String)])
    func describes(payload: [UInt8], brief: String, details: String) {
        let description = PacketDescription(payload)
        #expect(description.brief == brief)
        #expect(description.details.joined(separator: ", ") == details)
        #expect(description.whole.hasPrefix("\(description.technique.displayName) "))
    }

    @Test("takes any prefix of a packet, and shows nothing of a nonce's secret (T-13)")
    func takesPrefixes() {
        for packet in [Self.mapRequest, Self.mapResponse] {
            for count in 0...packet.count {
                let prefix = Array(packet.prefix(count))
                let text = PacketDescription(prefix).whole + packetText(prefix)
                #expect(!text.contains("3c4d") && !text.contains("a3 b4"))
            }
        }
    }

    @Test(
        "a time of waiting is in milliseconds with one decimal",
        arguments: [
            (Duration.microseconds(1340), "1.3 ms"), (.milliseconds(2), "2.0 ms"),
            (.microseconds(40), "0.0 ms"), (.seconds(3), "3000.0 ms"),
        ])
    func times(duration: Duration, text: String) {
        #expect(millisecondsText(duration) == text)
    }
}
