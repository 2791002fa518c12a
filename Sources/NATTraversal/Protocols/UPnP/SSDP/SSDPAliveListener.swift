import Logging

/// Hears what UPnP devices announce, and tells when a gateway's tells something new of itself.
struct SSDPAliveListener: Sendable {
    /// The addresses whose devices count.
    var gateways: [IPAddress]
    /// What the device in use told when it was found.
    var device: SSDPPresence?

    /// Listens until the task is cancelled.
    ///
    /// - Parameters:
    ///   - transport: has joined the group of UPnP.
    ///   - hear: called for each hint.
    /// - Throws: `CancellationError`, or the `SystemError` that ends it.
    func run(on transport: any DatagramTransport, _ hear: () -> Void) async throws -> Never {
        var record = SSDPAliveRecord(gateways: gateways, device: device)
        try await transport.listen { datagram in
            guard record.isHint(datagram) else { return }
            log.debug("\(datagram.source): a UPnP device tells of a restart")
            hear()
        }
    }
}
