import NATTraversal
import NIOCore

/// A channel was bound to something that has no port, such as a path.
public struct NoPortError: Error, Hashable, Sendable {}

extension Channel {
    /// Makes the port that the channel is bound to public, until it is closed.
    ///
    /// - Throws: `NoPortError`, and closes the channel.
    func makePublic(
        _ transport: TransportProtocol, as publicPort: PublicPort
    ) throws(NoPortError) -> MappingListener {
        guard let local = localAddress, let text = local.ipAddress,
            // A link-local address of IPv6 may carry its zone.
            let address = IPAddress(String(text.prefix { $0 != "%" })),
            let port = local.port.flatMap({ UInt16(exactly: $0) })
                .flatMap(PortNumber.init(rawValue:))
        else {
            close(promise: nil)
            throw NoPortError()
        }
        let listener = MappingListener(
            transport, address: address, port: port, externalPort: publicPort.externalPort,
            lifetime: publicPort.lifetime, mapper: publicPort.mapper)
        closeFuture.whenComplete { _ in listener.beginStop() }
        return listener
    }
}
