import Foundation
import GatewaySimulator
import NATTraversal
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import NATTraversalNIO

@Suite("A port made public on the simulator", .timeLimit(.minutes(10)))
struct SimulatorPublicPortTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    @Test("by a TCP server is reached from outside, told, and closed with the channel")
    func server() async throws {
        try await behindGateway { mapper, gateway in
            let (channel, listener) = try await ServerBootstrap(group: group)
                .childChannelInitializer { $0.pipeline.addHandler(Greeter()) }
                .bindPublic(host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper))
            var sets = listener.makeAsyncIterator()
            var set = try #require(await sets.next())
            let local = try #require(set.first { $0.technique == nil })
            #expect(local.address == .v4(.loopback))
            #expect(local.port.rawValue == channel.localAddress?.port.flatMap(UInt16.init))
            while set.count < 2 { set = try #require(await sets.next()) }
            let outside = try #require(set.first { $0.technique != nil })
            #expect(set == [local, outside])
            #expect(try await greeting(at: gateway.externalAddress, outside.port) == "welcome")

            try await channel.close()
            // The sequence ends when the mapping is deleted, without a call of `stop`.
            #expect(await sets.next() == [])
            #expect(await sets.next() == nil)
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("by a server whose connections are awaited is closed with the server")
    func asynchronousServer() async throws {
        try await behindGateway { mapper, gateway in
            let (server, listener) = try await ServerBootstrap(group: group).bindPublic(
                host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper)
            ) { connection in
                connection.eventLoop.makeCompletedFuture {
                    try connection.pipeline.syncOperations.addHandler(Greeter())
                }
            }
            try await server.executeThenClose { _ in
                let outside = try #require(await publicPort(listener))
                #expect(try await greeting(at: gateway.externalAddress, outside) == "welcome")
            }
            await listener.stop()
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("by a UDP socket whose packets are awaited is closed with the socket")
    func asynchronousDatagrams() async throws {
        try await behindGateway { mapper, gateway in
            let (socket, listener) = try await DatagramBootstrap(group: group).bindPublic(
                host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper)
            ) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<AddressedEnvelope<ByteBuffer>, Never>(
                        wrappingChannelSynchronously: channel)
                }
            }
            try await socket.executeThenClose { _ in
                #expect(await publicPort(listener) != nil)
                #expect(gateway.mappings.map(\.transport) == [.udp])
            }
            await listener.stop()
            #expect(gateway.mappings.isEmpty)
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

    @Test("is had as the README shows")
    func readme() async throws {
        let source = try ProjectFiles.text("Tests/NATTraversalNIOTests/ReadmeServer.swift")
        let shown = try ReadmeFile.block("swift", after: "becomes `bindPublic`")
        #expect(shown.map { $0.joined(separator: "\n") + "\n" } == source)
        try await behindGateway { mapper, gateway in
            let (channel, listener, place) = try await bind(
                ServerBootstrap(group: group), port: 0, as: PublicPort(mapper: mapper))
            #expect(place?.address == .v4(gateway.reportedAddress))
            try await channel.close()
            await listener.stop()
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("asks for the port outside that is wanted")
    func externalPort() async throws {
        try await behindGateway { mapper, gateway in
            let wanted = try #require(PortNumber(rawValue: 20404))
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

    @Test("is none of a channel at a path, which is closed")
    func path() async throws {
        let folder = try TemporaryFolder()
        let channel = try await ServerBootstrap(group: group).bind(
            unixDomainSocketPath: folder.url.appendingPathComponent("s").path
        ).get()
        #expect(throws: NoPortError.self) { try channel.makePublic(.tcp, as: PublicPort()) }
        try await channel.eventLoop.submit {}.get()
        #expect(!channel.isActive)
    }

    @Test("serves its own network where no gateway maps")
    func withoutGateway() async throws {
        try await behindGateway({ $0.hasClosedPort = true }) { mapper, _ in
            let (channel, listener) = try await ServerBootstrap(group: group)
                .childChannelInitializer { $0.pipeline.addHandler(Greeter()) }
                .bindPublic(host: "127.0.0.1", port: 0, as: PublicPort(mapper: mapper))
            var sets = listener.makeAsyncIterator()
            let local = try #require(await sets.next())
            #expect(local.map(\.technique) == [nil])
            let port = try #require(local.first?.port)
            #expect(port.rawValue == channel.localAddress?.port.flatMap(UInt16.init))
            #expect(try await greeting(at: .loopback, port) == "welcome")
            try await channel.close()
            #expect(await sets.next() == [])
            #expect(await sets.next() == nil)
        }
    }

    /// What the server at an address says.
    private func greeting(at address: IPv4Address, _ port: PortNumber) async throws -> String {
        try await ClientBootstrap(group: group)
            .connect(host: address.description, port: Int(port.rawValue)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }.executeThenClose { inbound, _ in
                for try await buffer in inbound { return String(buffer: buffer) }
                return ""
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
                gateway: GatewayAddress(gateway.gateway.description), timeout: .seconds(60))
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
