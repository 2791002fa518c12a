import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix
import Surroundings

/// A UDP socket that says what it hears, public while it runs: `udp-echo [PORT]`.
@main struct UDPEcho {
    static func main() async throws {
        let interruption = Interruption()
        let port = CommandLine.arguments.dropFirst().first.flatMap(Int.init) ?? 0
        let mapper = PortMapper(gatewayOfTheEnvironment(), applicationName: "udp-echo")
        let (socket, listener) = try await DatagramBootstrap(
            group: .singletonMultiThreadedEventLoopGroup
        )
        .channelInitializer { $0.pipeline.addHandler(Echo()) }
        .bindPublic(host: "0.0.0.0", port: port, as: PublicPort(mapper: mapper))

        let telling = Task {
            for await assignments in listener { show("udp: \(assignments.line)") }
        }
        await interruption.wait()
        try await socket.close()
        await listener.stop()
        await telling.value
    }
}

private final class Echo: ChannelInboundHandler, Sendable {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(data, promise: nil)  // back to the envelope's sender
    }
}
