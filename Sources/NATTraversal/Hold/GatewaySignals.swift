import Logging

/// What is heard while mappings are held: hints, which are answered by asking (T-8).
///
/// Nothing of it is stored or believed. One-shot commands do not listen.
struct GatewaySignals: Sendable {
    /// A hint.
    enum Signal: Sendable, Hashable {
        /// The gateway announced itself, or UPnP that it is another than before.
        case gatewayMayHaveRestarted
        /// A link, an address or a route of this host has changed.
        case networkChanged
    }

    /// The gateway's addresses, each with the port at which it answers PCP.
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

    /// Signals that come from these gateways.
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

    /// Listens until the task is cancelled; what cannot be opened is logged and done without.
    ///
    /// - Parameter hear: called for each hint, however many come, from any thread.
    func run(_ hear: @escaping @Sendable (Signal) -> Void) async {
        let restarted: @Sendable () -> Void = { hear(.gatewayMayHaveRestarted) }
        await withTaskGroup { group in
            group.addTask { await NetworkChanges().run { hear(.networkChanged) } }
            for family in AddressFamily.allCases where hasGateway(family) {
                group.addTask { await hearAnnouncements(family, restarted) }
                group.addTask { await hearDevices(family, restarted) }
            }
            group.addTask { await untilCancelled() }
        }
    }

    private func hasGateway(_ family: AddressFamily) -> Bool {
        gateways.contains { $0.address.family == family }
    }

    private func hearAnnouncements(_ family: AddressFamily, _ hear: () -> Void) async {
        var group = SocketAddress.announcementGroup(family, interfaceIndex: interfaceIndex)
        group.port = announcementPort
        let listener = GatewayAnnouncementListener(gateways: gateways)
        await onSocket(joining: group) { try await listener.run(on: $0, hear) }
    }

    private func hearDevices(_ family: AddressFamily, _ hear: () -> Void) async {
        var group = SocketAddress.ssdpGroup(family, interfaceIndex: interfaceIndex)
        group.port = devicePort
        let listener = SSDPAliveListener(gateways: gateways.map(\.address), device: device)
        await onSocket(joining: group) { try await listener.run(on: $0, hear) }
    }

    /// Others may have taken the port for themselves (T-15), or the interface has gone.
    private func onSocket(
        joining group: SocketAddress, _ listen: (UDPSocket) async throws -> Never
    ) async {
        do {
            try await listen(UDPSocket(joining: group, interfaceIndex: interfaceIndex))
        } catch is CancellationError {
            return
        } catch {
            log.debug("what is sent to \(group) is not heard: \(error)")
        }
    }

    /// So that it goes on where nothing can be heard.
    private func untilCancelled() async {
        let (nothing, continuation) = AsyncStream<Never>.makeStream()
        for await _ in nothing {}
        continuation.finish()
    }
}
