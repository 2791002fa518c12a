/// What a client can ask of a gateway.
package enum GatewayOperation: String, Sendable, CaseIterable {
    case pcpAnnounce = "pcp-announce"
    case pcpMap = "pcp-map"
    case pcpDelete = "pcp-delete"
    case natpmpAddress = "nat-pmp-address"
    case natpmpMap = "nat-pmp-map"
    case natpmpDelete = "nat-pmp-delete"
    /// A search by SSDP.
    case search
    /// A document of the UPnP device.
    case description
    /// AddPortMapping, AddAnyPortMapping or AddPinhole.
    case upnpMap = "upnp-map"
    /// DeletePortMapping, DeletePortMappingRange or DeletePinhole.
    case upnpDelete = "upnp-delete"
    /// Every other action.
    case upnpRead = "upnp-read"
    /// Anything else, PEER included.
    case other

    /// Those of which `GatewayFaults.refusals` speaks; UPnP's actions have refusals of their own.
    package static let refusable: [GatewayOperation] = [
        .pcpAnnounce, .pcpMap, .pcpDelete, .natpmpAddress, .natpmpMap, .natpmpDelete,
    ]

    /// The operation that the first bytes of a datagram to port 5351 ask for.
    init(datagram: [UInt8]) {
        let isDelete = { (lifetime: Range<Int>) in
            datagram.count >= lifetime.upperBound && datagram[lifetime].allSatisfy { $0 == 0 }
        }
        switch (datagram.first, datagram.dropFirst().first) {
        case (2, 0): self = .pcpAnnounce
        case (2, 1): self = isDelete(4..<8) ? .pcpDelete : .pcpMap
        case (0, 0): self = .natpmpAddress
        case (0, 1), (0, 2): self = isDelete(8..<12) ? .natpmpDelete : .natpmpMap
        default: self = .other
        }
    }
}
