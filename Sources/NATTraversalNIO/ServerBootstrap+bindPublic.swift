public import NATTraversal
public import NIOCore
public import NIOPosix

extension ServerBootstrap {
    /// Binds a TCP server as `bind(host:port:)` does, and makes its port public.
    ///
    /// The port is mapped in the background, for as long as the channel is open: a server without a
    /// gateway serves its own network. Closing the channel begins to delete the mapping. Whoever
    /// ends the process awaits the listener's `stop` after that, which returns when the gateway has
    /// been told; `stop` alone makes the port private again and leaves the channel open.
    ///
    /// - Parameters:
    ///   - host: the address to bind to; a wildcard is public by the interface towards the gateway,
    ///     and a single address of IPv6 is not mapped.
    ///   - port: the port; 0 is one of the system's choice.
    ///   - publicPort: how it is made public.
    /// - Returns: the bound channel, and what tells every local and public port that leads to it.
    /// - Throws: what binding throws; then nothing is mapped.
    public func bindPublic(
        host: String, port: Int, as publicPort: PublicPort = PublicPort()
    ) async throws -> (channel: any Channel, listener: MappingListener) {
        let channel = try await bind(host: host, port: port).get()
        return (channel, try channel.makePublic(.tcp, as: publicPort))
    }

    /// Binds a TCP server whose connections are awaited, as the asynchronous `bind` does, and makes
    /// its port public as `bindPublic(host:port:as:)` does.
    @concurrent public func bindPublic<Output: Sendable>(
        host: String, port: Int, as publicPort: PublicPort = PublicPort(),
        childChannelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> (channel: NIOAsyncChannel<Output, Never>, listener: MappingListener) {
        let server = try await bind(
            host: host, port: port, childChannelInitializer: childChannelInitializer)
        return (server, try server.channel.makePublic(.tcp, as: publicPort))
    }
}
