import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix
import Surroundings

/// A TCP server that says what it hears, public while it runs: `tcp-echo [PORT]`.
@main struct TCPEcho {
    static func main() async throws {
        let interruption = Interruption()
        let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 0
        let mapper = PortMapper(gatewayOfTheEnvironment(), applicationName: "tcp-echo")
        let (server, listener) = try await ServerBootstrap(
            group: .singletonMultiThreadedEventLoopGroup
        )
        .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { $0.pipeline.addHandler(Echo()) }
        .bindPublic(host: "0.0.0.0", port: port, as: PublicPort(mapper: mapper))

        let telling = Task {
            for await assignments in listener { show("tcp: \(assignments.line)") }
        }
        await interruption.wait()
        try await server.close()
        await listener.stop()
        await telling.value
    }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }
}
