import Testing

@testable import NATTraversal

@Suite("Gateway announcements") struct GatewayAnnouncementTests {
    private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    private static let natpmp: [UInt8] = bytes("00 80 00 00 00 00 00 00 0b 16 21 05")
    private static let pcp: [UInt8] = bytes("02 80 00 00 00 00 00 00") + zeros(16)

    private let router = SocketAddress.test("192.168.77.1", port: 5351)
    private let linkLocal = SocketAddress(
        IPAddress("fe80::1") ?? .v6(.unspecified), port: 5351, scopeID: 3)

    @Test("those of a real daemon are read")
    func recorded() {
        #expect(GatewayAnnouncement(parsing: Self.natpmp) == .natpmp)
        #expect(GatewayAnnouncement(parsing: Self.pcp) == .pcp)
    }

    @Test("a gateway that has lost its external address says so with an error")
    func withoutAddress() {
        let failure = bytes("00 80 00 03 00 00 00 2a 00 00 00 00")
        #expect(GatewayAnnouncement(parsing: failure) == .natpmp)
    }

    @Test("options behind a PCP announcement are no obstacle")
    func options() {
        let option = bytes("80 00 00 03 61 62 63 00")
        #expect(GatewayAnnouncement(parsing: Self.pcp + option) == .pcp)
    }

    private static let natpmpLike = [
        "", "00", "00 80", "00 80 00 00 00 00 00 00 0b 16 21",
        "00 80 00 00 00 00 00 00 0b 16 21 05 00",
        "00 00 00 00 00 00 00 00 0b 16 21 05",  // a request's opcode
        "01 80 00 00 00 00 00 00 0b 16 21 05",
        "00 81 00 00 00 00 00 00 0b 16 21 05",  // half a mapping, and a whole one
        "00 81 00 00 00 00 00 00 0b 16 21 05 00 00 00 00",
    ]

    @Test("nothing else of version 0 is one", arguments: natpmpLike)
    func othersOfVersion0(text: String) {
        #expect(GatewayAnnouncement(parsing: bytes(text)) == nil)
    }

    @Test("a PCP announcement has 24 bytes or more, in fours", arguments: [1, 20, 23, 25, 1104])
    func lengths(count: Int) {
        let datagram = Self.pcp + Self.zeros(1100)
        #expect(GatewayAnnouncement(parsing: Array(datagram.prefix(count))) == nil)
    }

    @Test(
        "requests, other opcodes, errors and other versions are none",
        arguments: ["02 00 00 00", "02 81 00 00", "02 83 00 00", "02 80 00 01", "03 80 00 00"])
    func othersOfVersion2(start: String) {
        #expect(GatewayAnnouncement(parsing: bytes(start) + Self.zeros(20)) == nil)
    }

    @Test("only a gateway's own server is heard, by address, port and scope (T-8)")
    func sources() {
        let gateways = [router, linkLocal]
        for source in gateways {
            let datagram = Datagram(source: source, payload: Self.pcp)
            #expect(GatewayAnnouncement(datagram, from: gateways) == .pcp)
        }
        var otherLink = linkLocal
        otherLink.scopeID = 4
        for source in [
            .test("192.168.77.2", port: 5351), .test("192.168.77.1", port: 5350), otherLink,
            .test("fe80::1", port: 5351),
        ] {
            let datagram = Datagram(source: source, payload: Self.pcp)
            #expect(GatewayAnnouncement(datagram, from: gateways) == nil, "\(source)")
        }
    }

    @Test("one that was cut is none")
    func truncated() {
        var datagram = Datagram(source: router, payload: Self.pcp)
        datagram.isTruncated = true
        #expect(GatewayAnnouncement(datagram, from: [router]) == nil)
    }

    @Test(
        "those of the fixtures are read",
        arguments: (PacketFixture.own + PacketFixture.collected).filter {
            $0.expectation.verdict == "hint-only"
        })
    func fixtures(fixture: PacketFixture) {
        let expected: GatewayAnnouncement = fixture.expectation.version == 0 ? .natpmp : .pcp
        #expect(GatewayAnnouncement(parsing: fixture.datagram) == expected)
    }
}
