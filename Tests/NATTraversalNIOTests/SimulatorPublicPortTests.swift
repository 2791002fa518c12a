import Foundation
import GatewaySimulator
import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite("A port made public on the simulator", .timeLimit(.minutes(2)))
struct SimulatorPublicPortTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test("by a TCP server is reached from outside, told, and closed with the channel")
    func server() async throws {
        try await behindGateway { mapper, gateway in
            let (channel, listener) = try await ServerBootstrap(group: group)
                .childChannelInitializer { $0.pipeline.addHandler(Greeter()) }
                .bindPublic(host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper))
            let outside = try #require(await publicPort(listener))
            let answer = try await ClientBootstrap(group: group)
                .connect(host: gateway.externalAddress.description, port: Int(outside.rawValue)) {
                    channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                            wrappingChannelSynchronously: channel)
                    }
                }.executeThenClose { inbound, _ in
                    for try await buffer in inbound { return String(buffer: buffer) }
                    return ""
                }
            #expect(answer == "welcome")

            try await channel.close()
            await listener.stop()
            #expect(gateway.mappings.isEmpty)
            var sets = listener.makeAsyncIterator()
            _ = await sets.next()
            while let set = await sets.next() { #expect(set.isEmpty) }
        }
    }

    @Test("by a UDP socket is let go by the listener while the socket stays open")
    func datagrams() async throws {
        try await behindGateway { mapper, gateway in
            let (channel, listener) = try await DatagramBootstrap(group: group)
                .bindPublic(host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper))
            _ = try #require(await publicPort(listener))
            #expect(gateway.mappings.map(\.transport) == [.udp])
            await listener.stop()
            #expect(gateway.mappings.isEmpty)
            #expect(channel.isActive)
            try await channel.close()
        }
    }

    @Test("asks for the port outside that is wanted")
    func externalPort() async throws {
        try await behindGateway { mapper, gateway in
            let wanted = try #require(PortNumber(rawValue: 40404))
            let (channel, listener) = try await DatagramBootstrap(group: group).bindPublic(
                host: "127.0.0.1", port: 0,
                as: PublicPort(externalPort: wanted, mapper: mapper))
            #expect(await publicPort(listener) == wanted)
            try await channel.close()
            await listener.stop()
        }
    }

    @Test("is none when it cannot be bound")
    func taken() async throws {
        try await behindGateway { mapper, gateway in
            let first = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0)
                .get()
            let port = try #require(first.localAddress?.port)
            await #expect(throws: IOError.self) {
                _ = try await ServerBootstrap(group: group).bindPublic(
                    host: "127.0.0.1", port: port, as: PublicPort(mapper: mapper))
            }
            #expect(gateway.log.count == 0)
            try await first.close()
        }
    }

    @Test("serves its own network where no gateway maps")
    func withoutGateway() async throws {
        try await behindGateway({ $0.hasClosedPort = true }) { mapper, _ in
            let (channel, listener) = try await ServerBootstrap(group: group)
                .bindPublic(host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper))
            var sets = listener.makeAsyncIterator()
            let local = try #require(await sets.next())
            #expect(local.map(\.technique) == [nil])
            #expect(local.first?.port.rawValue == channel.localAddress?.port.flatMap(UInt16.init))
            try await channel.close()
            await listener.stop()
        }
    }

    /// The port outside, once there is one.
    private func publicPort(_ listener: MappingListener) async -> PortNumber? {
        for await set in listener {
            if let outside = set.first(where: { $0.technique != nil }) { return outside.port }
        }
        return nil
    }

    /// Lends a mapper whose gateway is simulated.
    private func behindGateway(
        _ configure: (inout GatewayConfiguration) -> Void = { _ in },
        body: (PortMapper, SimulatedGateway) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configure(&configuration)
        let folder = try TemporaryFolder()
        try await SimulatedGateway.run(configuration) { gateway in
            let selection = GatewaySelection(
                gateway: GatewayLiteral(gateway.gateway.description))
            try await body(
                PortMapper(selection, stateFolder: folder.url.path), gateway)
        }
    }
}

/// Says a word to whoever comes, and closes.
private final class Greeter: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: "welcome")), promise: nil)
        context.close(promise: nil)
    }
}
