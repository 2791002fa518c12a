import Logging

/// Hears the announcements of some gateways.
struct GatewayAnnouncementListener: Sendable {
    /// The addresses and ports of the gateways' servers, with scopes where they are link-local.
    ///
    /// Over IPv6 the default router's link-local address belongs to them, because servers announce
    /// from it whatever address they are asked at.
    var gateways: [SocketAddress]

    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - transport: has joined the group of announcements.
    ///   - hear: called for each announcement, copies included.
    /// - Throws: `CancellationError`, or the `SystemError` that ends it.
    func run(on transport: any DatagramTransport, _ hear: () -> Void) async throws -> Never {
        try await transport.listen { datagram in
            guard let announcement = GatewayAnnouncement(datagram, from: gateways) else {
                log.trace("\(datagram.source): an announcement of nobody who is asked")
                return
            }
            log.debug("\(datagram.source): \(announcement) announcement")
            hear()
        }
    }
}
