/// Where a device is and since when, as it tells itself: another answer than before is the sign of
/// a restart (S-18).
struct SSDPPresence: Hashable, Sendable {
    /// Who tells it.
    var source: IPAddress
    /// The device's name, an opaque text (S-11).
    var udn: String
    /// Where its description is; `nil` where it tells none that may be used.
    var location: HTTPURL?
    /// What tells one run of the device from another; `nil` where it tells none.
    var bootIdentifier: String?

    init(source: IPAddress, udn: String, location: HTTPURL?, bootIdentifier: String?) {
        self.source = source
        self.udn = udn
        self.location = location
        self.bootIdentifier = bootIdentifier
    }

    /// What an answer to a search or an announcement tells; `nil` without a name.
    init?(_ message: SSDPMessage, from source: SocketAddress) {
        guard let udn = message.udn, !udn.isEmpty else { return nil }
        self.init(
            source: source.address.unmapped, udn: udn,
            location: SSDPLocation(message.location, from: source).url,
            bootIdentifier: message.isUpdate
                ? message.fields["NEXTBOOTID.UPNP.ORG"] : message.bootIdentifier)
    }

    /// The same, with what it leaves out as `earlier` told it.
    func completed(by earlier: SSDPPresence) -> SSDPPresence {
        var presence = self
        presence.location = location ?? earlier.location
        presence.bootIdentifier = bootIdentifier ?? earlier.bootIdentifier
        return presence
    }

    /// Whether it tells anything else than `other`; what one of them leaves out does not count.
    func differs(from other: SSDPPresence) -> Bool {
        let isElsewhere = location != nil && other.location != nil && location != other.location
        let isAnotherRun =
            bootIdentifier != nil && other.bootIdentifier != nil
            && bootIdentifier != other.bootIdentifier
        return isElsewhere || isAnotherRun
    }
}

extension SSDPPresence {
    /// Where a device was when it was found.
    init(_ device: UPnPDevice) {
        let udn = device.usn.map(SSDPMessage.udn(ofUSN:)) ?? device.udn
        self.init(
            source: device.location.host, udn: udn ?? "",
            location: device.location, bootIdentifier: device.bootIdentifier)
    }
}
