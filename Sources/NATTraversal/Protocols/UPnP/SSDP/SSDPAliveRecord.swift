/// What the devices at a gateway's address last told, against which announcements are held: one
/// that tells anything else is a hint that the gateway has restarted (S-13, S-18).
///
/// Pure. What it keeps is bounded, whoever forges the gateway's address (T-4).
struct SSDPAliveRecord {
    /// A gateway has two trees of three devices at most, and may be a media server as well.
    static let devicesPerSource = 16

    private let device: SSDPPresence?
    private var known: [IPAddress: [String: SSDPPresence]]

    /// A record of these addresses alone.
    ///
    /// - Parameters:
    ///   - gateways: whose devices count.
    ///   - device: what the device in use told when it was found; its address counts too.
    init(gateways: some Sequence<IPAddress>, device: SSDPPresence?) {
        self.device = device
        known = Dictionary(gateways.map { ($0.unmapped, [:]) }) { first, _ in first }
        // A place that no other device can take.
        if let device { known[device.source, default: [:]][device.udn] = device }
    }

    /// Takes a datagram to the group in.
    ///
    /// - Returns: whether it hints at a restart. A byebye does not, whoever sends it (T-8).
    mutating func isHint(_ datagram: Datagram) -> Bool {
        guard known[datagram.source.address.unmapped] != nil, !datagram.isTruncated,
            let message = SSDPMessage(parsing: datagram.payload), message.kind == .notify,
            message.isAlive || message.isUpdate,
            let presence = SSDPPresence(message, from: datagram.source)
        else { return false }
        return isHint(presence, namesGateway: message.namesGateway)
    }

    private mutating func isHint(_ presence: SSDPPresence, namesGateway: Bool) -> Bool {
        let devices = known[presence.source, default: [:]]
        if let last = devices[presence.udn] {
            known[presence.source]?[presence.udn] = presence.completed(by: last)
            return presence.differs(from: last)
        }
        guard devices.count < Self.devicesPerSource else { return false }
        let isNew = device.map { $0.source == presence.source && presence.differs(from: $0) }
        // The gateway under a new name (S-18); its other devices have their own place and time.
        if isNew == true, !namesGateway { return false }
        known[presence.source]?[presence.udn] = presence
        return isNew ?? false
    }
}
