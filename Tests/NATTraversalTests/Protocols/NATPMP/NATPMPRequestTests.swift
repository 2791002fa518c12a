import Testing

@testable import NATTraversal

@Suite("NAT-PMP requests") struct NATPMPRequestTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: NATPMPRequest
        var bytes: [UInt8]
    }

    static func map(
        _ transport: TransportProtocol, _ internalPort: UInt16, _ externalPort: UInt16,
        _ lifetimeSeconds: UInt32
    ) -> NATPMPRequest {
        .map(
            transport, internalPort: internalPort, suggestedExternalPort: externalPort,
            lifetimeSeconds: lifetimeSeconds)
    }

    // What miniupnpd 2.3.1 was seen to answer as it should.
    static let vectors = [
        Vector(
            testDescription: "external address", request: .externalAddress, bytes: [0x00, 0x00]),
        Vector(
            testDescription: "UDP 50000 without a suggestion, 3600 s",
            request: map(.udp, 50000, 0, 3600), bytes: bytes("0001 0000 c350 0000 00000e10")),
        Vector(
            testDescription: "TCP 50001 to 60001, 7200 s",
            request: map(.tcp, 50001, 60001, 7200), bytes: bytes("0002 0000 c351 ea61 00001c20")),
        Vector(
            testDescription: "delete TCP 50001", request: map(.tcp, 50001, 0, 0),
            bytes: bytes("0002 0000 c351 0000 00000000")),
        Vector(
            testDescription: "delete all UDP", request: map(.udp, 0, 0, 0),
            bytes: bytes("0001 0000 0000 0000 00000000")),
    ]

    @Test("are encoded as a real daemon understood them", arguments: vectors)
    func encodes(vector: Vector) { #expect(vector.request.encoded == vector.bytes) }
}
