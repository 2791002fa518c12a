/// A search datagram (UDA 1.1, sections 1.3.2 and 1.3.3).
///
/// Devices are picky about it (S-15): names in capitals, HOST with its port, MAN in quotes, CRLF, an
/// empty line at the end. No name or version of ours goes out (T-13).
struct SSDPSearchRequest: Hashable, Sendable {
    /// Whom the search is sent to; it stands in HOST.
    var destination: SocketAddress
    /// What is searched for.
    var target: SSDPTarget
    /// Within how many seconds devices answer, from 1 to 5; `nil` when sent to one host, which
    /// answers at once.
    var maximumWaitSeconds: UInt8?

    /// The datagram.
    var encoded: [UInt8] {
        let host =
            switch destination.address {
            case .v4(let address): "\(address)"
            // Upper case as in the architecture's own example; no zone (S-17).
            case .v6(let address): "[\(address.description.uppercased())]"
            }
        let lines =
            [
                "M-SEARCH * HTTP/1.1", "HOST: \(host):\(destination.port)",
                "MAN: \"ssdp:discover\"",
            ] + (maximumWaitSeconds.map { ["MX: \($0)"] } ?? []) + ["ST: \(target.rawValue)"]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}

/// What a search asks for: `upnp:rootdevice`, `ssdp:all`, `uuid:…` or a type.
public struct SSDPTarget: RawRepresentable, Hashable, Sendable {
    /// The text behind `ST:`.
    public let rawValue: String

    /// A target; `nil` when it would not fit into one header line of ASCII (T-11).
    public init?(rawValue: String) {
        guard (1...255).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        self.rawValue = rawValue
    }

    init(_ type: UPnPType) { rawValue = type.description }

    private init(verbatim text: String) { rawValue = text }

    /// Every device and service.
    public static let all = SSDPTarget(verbatim: "ssdp:all")
    /// Root devices.
    public static let rootDevices = SSDPTarget(verbatim: "upnp:rootdevice")
}

extension SocketAddress {
    /// Where searches and announcements of a family go.
    static func ssdpGroup(_ family: AddressFamily, interfaceIndex: UInt32) -> SocketAddress {
        switch family {
        case .ipv4: .ssdpGroup
        case .ipv6: .ssdpLinkGroup(interfaceIndex: interfaceIndex)
        }
    }

    /// Where searches over IPv4 go (UDA 1.1, section 1.1.2).
    static let ssdpGroup = SocketAddress(.v4(IPv4Address(rawValue: 0xEFFF_FFFA)), port: 1900)

    /// Where searches over IPv6 go on one link, `ff02::c`.
    static func ssdpLinkGroup(interfaceIndex: UInt32) -> SocketAddress {
        let group = IPv6Address(rawValue: 0xFF02 << 112 | 0xC)
        return SocketAddress(.v6(group), port: 1900, scopeID: interfaceIndex)
    }
}
