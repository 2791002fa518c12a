/// How a gateway is asked, best first.
///
/// There may be others one day, such as the firewall control of UPnP for IPv6.
@nonexhaustive
public enum Technique: String, Sendable, CaseIterable {
    /// Port Control Protocol (RFC 6887).
    case pcp
    /// NAT Port Mapping Protocol (RFC 6886).
    case natPMP = "nat-pmp"
    /// WANIPConnection and WANPPPConnection of a UPnP gateway device, and for IPv6 its
    /// WANIPv6FirewallControl.
    case upnp
}

extension Technique {
    /// The name as people write it.
    package var displayName: String {
        switch self {
        case .pcp: "PCP"
        case .natPMP: "NAT-PMP"
        case .upnp: "UPnP"
        }
    }

    /// Those that open ports of a family, best first: NAT-PMP knows no IPv6.
    static func of(_ family: AddressFamily) -> [Technique] {
        allCases.filter { family == .ipv4 || $0 != .natPMP }
    }

    /// Whether it is spoken at port 5351, which PCP and NAT-PMP share.
    var isOnSharedPort: Bool { self != .upnp }
}
