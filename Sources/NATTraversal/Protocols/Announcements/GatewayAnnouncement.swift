/// The multicast by which a gateway announces a restart or a change of its external address
/// (RFC 6886, section 3.2.1; RFC 6887, section 14.1).
///
/// Anybody can forge one, so it is a hint to ask the gateway, and what else stands in it, the epoch
/// included, is not even read out (N-13, T-8).
enum GatewayAnnouncement: Hashable, Sendable {
    /// An external address response, 12 bytes; without an external address it may be an error.
    case natpmp
    /// An ANNOUNCE response that is a success.
    case pcp

    /// Reads a datagram; `nil` when it is anything else.
    init?(parsing bytes: [UInt8]) {
        switch bytes.first {
        case 0:
            guard bytes.count == 12, let response = try? NATPMPResponse(parsing: bytes),
                response.opcode == 128
            else { return nil }
            self = .natpmp
        case 2:
            guard let response = try? PCPResponse(parsing: bytes),
                response.operation == .announce, response.result == .success
            else { return nil }
            self = .pcp
        default:
            return nil
        }
    }

    /// Reads a datagram that was sent to everybody; `nil` unless it is an announcement and one of
    /// `gateways` sent it, by address, scope and port.
    init?(_ datagram: Datagram, from gateways: [SocketAddress]) {
        guard gateways.contains(datagram.source), !datagram.isTruncated else { return nil }
        self.init(parsing: datagram.payload)
    }
}

extension SocketAddress {
    /// Where gateways send announcements on one link, 224.0.0.1:5350 or [ff02::1]:5350.
    static func announcementGroup(
        _ family: AddressFamily, interfaceIndex: UInt32
    ) -> SocketAddress {
        switch family {
        case .ipv4:
            SocketAddress(.v4(IPv4Address(rawValue: 0xE000_0001)), port: 5350)
        case .ipv6:
            SocketAddress(
                .v6(IPv6Address(rawValue: 0xFF02 << 112 | 0x1)), port: 5350,
                scopeID: interfaceIndex)
        }
    }
}
