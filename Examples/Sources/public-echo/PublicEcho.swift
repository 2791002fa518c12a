import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix

@main struct PublicEcho {
    static func main() async throws {
        // The gateway may be named; else it is that of the default route.
        let gateway = CommandLine.arguments.dropFirst().first.flatMap { GatewayAddress($0) }
        let mapper = PortMapper(GatewaySelection(gateway: gateway), applicationName: "public-echo")

        let (server, listener) = try await ServerBootstrap(
            group: .singletonMultiThreadedEventLoopGroup
        )
        .childChannelInitializer { $0.pipeline.addHandler(Echo()) }
        .bindPublic(host: "0.0.0.0", port: 0, as: PublicPort(mapper: mapper))

        let reporting = Task {
            for await assignments in listener {
                for place in assignments {
                    print("\(place.technique?.rawValue ?? "local") \(place.address):\(place.port)")
                }
            }
        }
        _ = await Task.detached { readLine() }.value
        try await server.close()
        await listener.stop()
        await reporting.value
    }
}

/// Sends back what it receives.
private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)
    }
}
