public import NATTraversal
public import NIOCore
public import NIOPosix

extension DatagramBootstrap {
    /// Binds a UDP socket as `bind(host:port:)` does, and makes its port public.
    ///
    /// It is public as that of a server is: see `ServerBootstrap.bindPublic(host:port:as:)`.
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
        return (channel, try channel.makePublic(.udp, as: publicPort))
    }
}
