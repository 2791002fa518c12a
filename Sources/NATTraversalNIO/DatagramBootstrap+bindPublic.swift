public import NATTraversal
public import NIOCore
public import NIOPosix

extension DatagramBootstrap {
    /// Binds a UDP socket as `bind(host:port:)` does, and makes its port public.
    ///
    /// It is public as that of a server is: see `ServerBootstrap.bindPublic(host:port:as:)`.
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
        return (channel, try channel.makePublic(.udp, as: publicPort))
    }

    /// Binds a UDP socket as the asynchronous `bind` does, and makes its port public as
    /// `bindPublic(host:port:as:)` does.
    ///
    /// - Parameters:
    ///   - host: the address to bind to.
    ///   - port: the port; 0 is one of the system's choice.
    ///   - publicPort: how it is made public.
    ///   - channelInitializer: makes of the channel what is returned, such as a `NIOAsyncChannel`.
    /// - Returns: what was made of the channel, and what tells every port that leads to it.
    /// - Throws: what binding throws; then nothing is mapped.
    @concurrent public func bindPublic<Output: Sendable>(
        host: String, port: Int, as publicPort: PublicPort = PublicPort(),
        channelInitializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> (channel: Output, listener: MappingListener) {
        let (output, channel) = try await bind(host: host, port: port) { channel in
            channelInitializer(channel).map { ($0, channel) }
        }
        return (output, try channel.makePublic(.udp, as: publicPort))
    }
}
