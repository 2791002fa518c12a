import Logging

/// Listens while mappings are held or the path is watched, and puts what it hears into a mailbox:
/// hints that a gateway has restarted, and changes of this host's network.
///
/// Announcements are only hints (T-8), and nothing of them is stored. One-shot commands do not listen.
struct GatewayListener: Sendable {
    /// The gateways' addresses, each with the port at which it answers PCP.
    ///
    /// A link-local one has its scope, and that of the IPv6 default router belongs to them. No other
    /// family than theirs is listened to.
    var gateways: [SocketAddress]
    /// The interface towards the gateway, the only one that is listened on.
    var interfaceIndex: UInt32
    /// What the UPnP device in use told when it was found.
    var device: SSDPPresence?
    /// Where gateways announce themselves; a test has another port.
    var announcementPort: UInt16 = 5350
    /// Where UPnP devices announce themselves; a test has another port.
    var devicePort: UInt16 = 1900

    /// A listener to these gateways.
    ///
    /// - Parameters:
    ///   - gateways: see there.
    ///   - interfaceIndex: of the interface towards them.
    ///   - device: the UPnP device in use, as it was found.
    init(gateways: [SocketAddress], interfaceIndex: UInt32, device: SSDPPresence? = nil) {
        self.gateways = gateways
        self.interfaceIndex = interfaceIndex
        self.device = device
    }

    /// Listens until the task is cancelled; a socket that cannot be opened is logged and left out.
    ///
    /// - Parameter mailbox: gets each hint, however many come.
    func run(into mailbox: HoldMailbox) async {
        await withTaskGroup { group in
            group.addTask { await NetworkChanges().run { mailbox.put(.networkChanged) } }
            for family in AddressFamily.allCases where hasGateway(family) {
                group.addTask { await hearAnnouncements(family, mailbox) }
                group.addTask { await hearDevices(family, mailbox) }
            }
            group.addTask { await untilCancelled() }
        }
    }

    private func hasGateway(_ family: AddressFamily) -> Bool {
        gateways.contains { $0.address.family == family }
    }

    private func hearAnnouncements(_ family: AddressFamily, _ mailbox: HoldMailbox) async {
        var group = SocketAddress.announcementGroup(family, interfaceIndex: interfaceIndex)
        group.port = announcementPort
        let listener = GatewayAnnouncementListener(gateways: gateways)
        await withSocket(joining: group) { socket in
            try await listener.run(on: socket) { mailbox.put(.gatewayMayHaveRestarted) }
        }
    }

    private func hearDevices(_ family: AddressFamily, _ mailbox: HoldMailbox) async {
        var group = SocketAddress.ssdpGroup(family, interfaceIndex: interfaceIndex)
        group.port = devicePort
        let listener = SSDPAliveListener(gateways: gateways.map(\.address), device: device)
        await withSocket(joining: group) { socket in
            try await listener.run(on: socket) { mailbox.put(.gatewayMayHaveRestarted) }
        }
    }

    /// Others may have taken the port for themselves (T-15), or the interface has gone.
    private func withSocket(
        joining group: SocketAddress, _ listen: (UDPSocket) async throws -> Never
    ) async {
        do {
            try await listen(UDPSocket(joining: group, interfaceIndex: interfaceIndex))
        } catch is CancellationError {
            return
        } catch {
            log.debug("cannot listen to \(group): \(error)")
        }
    }

    /// Keeps the listener running where nothing can be heard.
    private func untilCancelled() async {
        let (nothing, continuation) = AsyncStream<Never>.makeStream()
        for await _ in nothing {}
        continuation.finish()
    }
}
