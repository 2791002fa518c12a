/// A NAT-PMP request (RFC 6886, sections 3.2 and 3.3).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Vers = 0      | OP = 0        |                     address: 2 bytes
///
/// | Vers = 0      | OP = 1 or 2   | Reserved                      |
/// | Internal Port                 | Suggested External Port       |
/// | Requested Port Mapping Lifetime in Seconds                    |
/// ```
enum NATPMPRequest: Hashable, Sendable {
    case externalAddress
    /// A lifetime of 0 deletes; internal port 0 with it deletes all of this host's mappings.
    case map(
        TransportProtocol, internalPort: UInt16, suggestedExternalPort: UInt16,
        lifetimeSeconds: UInt32)

    /// 0 for the address, 1 for a UDP mapping, 2 for a TCP mapping.
    var opcode: UInt8 {
        switch self {
        case .externalAddress: 0
        case .map(.udp, _, _, _): 1
        case .map(.tcp, _, _, _): 2
        }
    }

    /// The datagram, 2 or 12 bytes.
    var encoded: [UInt8] {
        var bytes: [UInt8] = [0, opcode]
        if case .map(_, let internalPort, let externalPort, let lifetimeSeconds) = self {
            bytes.appendZeros(2)
            bytes.append(bigEndian: internalPort)
            bytes.append(bigEndian: externalPort)
            bytes.append(bigEndian: lifetimeSeconds)
        }
        return bytes
    }
}
