import Testing

@testable import NATTraversal

@Suite("Datagrams on loopback") struct SimulatorDatagramTests {
    @Test(
        "a datagram longer than the buffer is flagged, and one that fills it is not",
        arguments: AddressFamily.allCases, [(0, false), (16, false), (17, true), (60, true)])
    func flagsTruncation(family: AddressFamily, sent: (length: Int, isTruncated: Bool)) async throws
    {
        let loopback = family == .ipv4 ? IPAddress.v4(.loopback) : .v6(.loopback)
        let receiver = try UDPSocket(family, receiveSize: 16)
        try receiver.bind(to: SocketAddress(loopback, port: 0))
        let sender = try UDPSocket(family)
        try sender.bind(to: SocketAddress(loopback, port: 0))
        let payload = (0..<sent.length).map { UInt8($0) }
        try sender.send(payload, to: try receiver.localAddress())
        let datagram = try #require(try await receiver.receive(until: .now + .seconds(5)))
        #expect(datagram.payload == Array(payload.prefix(16)))
        #expect(datagram.isTruncated == sent.isTruncated)
        #expect(try datagram.source == sender.localAddress())
    }
}
