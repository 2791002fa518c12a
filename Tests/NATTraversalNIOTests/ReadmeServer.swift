import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix

/// Binds a TCP server and waits until its port is public.
///
/// Close the channel, and await the listener's `stop`, before the process ends.
func bind(
    _ server: ServerBootstrap, port: Int, as publicPort: PublicPort = PublicPort()
) async throws -> (channel: any Channel, listener: MappingListener, place: PortAssignment?) {
    let (channel, listener) = try await server.bindPublic(
        host: "0.0.0.0", port: port, as: publicPort)
    for await assignments in listener {
        let place = assignments.first { $0.technique != nil }
        if let place { return (channel, listener, place) }
    }
    return (channel, listener, nil)
}
