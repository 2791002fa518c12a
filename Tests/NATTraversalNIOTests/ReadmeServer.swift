import NATTraversal
import NATTraversalNIO
import NIOCore
import NIOPosix

/// Binds a TCP server whose port is public for as long as the channel is open.
func bind(
    _ server: ServerBootstrap, port: Int, as publicPort: PublicPort = PublicPort()
) async throws -> (channel: any Channel, place: PortAssignment?) {
    let (channel, listener) = try await server.bindPublic(
        host: "0.0.0.0", port: port, as: publicPort)
    for await assignments in listener {
        let place = assignments.first { $0.technique != nil }
        if let place { return (channel, place) }
    }
    return (channel, nil)
}
