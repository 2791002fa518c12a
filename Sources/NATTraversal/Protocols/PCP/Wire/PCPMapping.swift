/// The opcode data of MAP, in requests and responses alike, 36 bytes (RFC 6887, section 11.1).
///
/// ```text
/// | Mapping Nonce (96 bits)                                       |
/// | Protocol      | Reserved (24 bits)                            |
/// | Internal Port                 | Suggested / Assigned Ext. Port|
/// | Suggested / Assigned External IP Address (128 bits)           |
/// ```
struct PCPMapping: Hashable, Sendable {
    var nonce: PCPNonce
    /// The IANA number: 6 for TCP, 17 for UDP.
    var protocolNumber: UInt8
    var internalPort: UInt16
    /// Suggested in a request, assigned in a response; 0 in a delete.
    var externalPort: UInt16
    /// Suggested or assigned likewise; all zeros is "no preference" and names the family.
    var externalAddress: IPAddress

    init(
        nonce: PCPNonce, transport: TransportProtocol, internalPort: UInt16, externalPort: UInt16,
        externalAddress: IPAddress
    ) {
        self.nonce = nonce
        protocolNumber = transport.protocolNumber
        self.internalPort = internalPort
        self.externalPort = externalPort
        self.externalAddress = externalAddress
    }

    init(parsing reader: inout ByteReader) throws(WireError) {
        nonce = try PCPNonce(parsing: &reader)
        protocolNumber = try reader.read("protocol")
        _ = try reader.read(count: 3, "reserved")
        internalPort = try reader.read("internal port")
        externalPort = try reader.read("external port")
        externalAddress = try reader.readAddress("external address")
    }

    /// The 36 bytes.
    var encoded: [UInt8] {
        var bytes = nonce.octets + [protocolNumber, 0, 0, 0]
        bytes.append(bigEndian: internalPort)
        bytes.append(bigEndian: externalPort)
        return bytes + externalAddress.pcpOctets
    }
}

extension TransportProtocol {
    /// The number in an IP header (IANA protocol numbers).
    var protocolNumber: UInt8 {
        switch self {
        case .tcp: 6
        case .udp: 17
        }
    }
}
