public import NATTraversal
public import NIOCore
public import NIOPosix

extension ServerBootstrap {
    /// Binds a TCP server as `bind(host:port:)` does, and makes its port public.
    ///
    /// The port is mapped in the background, for as long as the channel is open: a server without a
    /// gateway serves its own network. Closing the channel ends the mapping; awaiting the listener's
    /// `stop` after that waits until the gateway has been told.
    ///
    /// - Parameters:
    ///   - host: the address to bind to; a wildcard is public by the interface towards the gateway.
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
}
