import GatewaySimulator
import Glibc
import Testing

@testable import NATTraversal

@Suite("Signals while mappings are held", .timeLimit(.minutes(10))) struct SimulatorSignalsTests {
    private static let index = LoopbackMulticast.interfaceIndex
    private static let pcp = [2, 0x80] + [UInt8](repeating: 0, count: 22)

    private static func alive(boot: Int) -> [UInt8] {
        Array(
            """
            NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nNT: upnp:rootdevice\r\n\
            USN: uuid:a::upnp:rootdevice\r\nBOOTID.UPNP.ORG: \(boot)\r\n\r\n
            """.utf8)
    }

    /// Listens until the gateway is heard, while `act` is done again and again.
    private func hear(
        _ listener: GatewayListener, repeating act: @escaping @Sendable () async throws -> Void
    ) async {
        let mailbox = HoldMailbox()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await listener.run(into: mailbox) }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(5))) != nil { try? await act() }
            }
            for await _ in mailbox.bell where mailbox.take().contains(.gatewayMayHaveRestarted) {
                break
            }
            group.cancelAll()
        }
    }

    @Test("a gateway's own announcement is heard, beside others that listen")
    func announcement() async throws {
        var other: UDPSocket? = try LoopbackMulticast.listener(.ipv4)
        let group = try #require(try other?.localAddress())
        var configuration = GatewayConfiguration()
        configuration.announcesTo = group
        try await SimulatedGateway.run(configuration) { gateway in
            var listener = GatewayListener(gateways: [gateway.gateway], interfaceIndex: Self.index)
            listener.announcementPort = group.port
            listener.devicePort = group.port
            await hear(listener) { await gateway.restart() }
        }
        let datagram = try await other?.receive(until: .now + .seconds(10))
        #expect(datagram?.payload.first != nil)
        other = nil
        // Nothing listens any more: who does not share gets the port, as soon as poll(2) lets go.
        let next = try UDPSocket(.ipv4)
        while (try? next.bind(to: group)) == nil { await Task.yield() }
    }

    @Test("a stranger's announcements are not (T-8)", arguments: LoopbackMulticast.families)
    func forged(family: AddressFamily) async throws {
        let listener = try LoopbackMulticast.listener(family)
        let group = try listener.localAddress()
        let gateway = try LoopbackMulticast.speaker(family)
        let stranger = try LoopbackMulticast.speaker(family)
        for _ in 0..<50 { try stranger.send(Self.pcp, to: group) }
        try gateway.send(Self.pcp, to: group)
        let address = try gateway.localAddress()
        let (heard, continuation) = AsyncStream<Void>.makeStream(
            bufferingPolicy: .unbounded)
        let listening = Task<Void, any Error> {
            try await GatewayAnnouncementListener(gateways: [address]).run(on: listener) {
                continuation.yield()
            }
        }
        for await _ in heard { break }
        listening.cancel()
        await #expect(throws: CancellationError.self) { try await listening.value }
        continuation.finish()
        #expect(await heard.reduce(0) { count, _ in count + 1 } == 0)
    }

    @Test(
        "a device's new start is heard, even where the port of announcements is taken (T-15)",
        arguments: LoopbackMulticast.families)
    func device(family: AddressFamily) async throws {
        let taken = try UDPSocket(family)
        let any: IPAddress = family == .ipv4 ? .v4(.unspecified) : .v6(.unspecified)
        try taken.bind(to: SocketAddress(any, port: 0))
        let other = try LoopbackMulticast.listener(family)
        let port = try other.localAddress().port
        var group = SocketAddress.ssdpGroup(family, interfaceIndex: Self.index)
        group.port = port

        let speaker = try LoopbackMulticast.speaker(family)
        let address = try speaker.localAddress()
        let found = SSDPPresence(
            source: address.address, udn: "uuid:a", location: nil, bootIdentifier: "1")
        var listener = GatewayListener(
            gateways: [address], interfaceIndex: Self.index, device: found)
        listener.announcementPort = try taken.localAddress().port
        listener.devicePort = port
        await hear(listener) { [group] in try speaker.send(Self.alive(boot: 2), to: group) }
    }

    @Test("listening lasts until it is cancelled, where nothing can be heard as well")
    func cancelled() async {
        let listening = Task {
            await GatewayListener(gateways: [], interfaceIndex: 0).run(into: HoldMailbox())
            return Task.isCancelled
        }
        listening.cancel()
        #expect(await listening.value)
    }
}
