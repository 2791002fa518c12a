/// The opcode data of PEER, 56 bytes (RFC 6887, section 12.1).
///
/// ```text
/// | as MAP (36 bytes)                                             |
/// | Remote Peer Port              | Reserved                      |
/// | Remote Peer IP Address (128 bits)                             |
/// ```
struct PCPPeer: Hashable, Sendable {
    var mapping: PCPMapping
    var remotePort: UInt16
    var remoteAddress: IPAddress

    init(mapping: PCPMapping, remotePort: UInt16, remoteAddress: IPAddress) {
        self.mapping = mapping
        self.remotePort = remotePort
        self.remoteAddress = remoteAddress
    }

    init(parsing reader: inout ByteReader) throws(WireError) {
        mapping = try PCPMapping(parsing: &reader)
        remotePort = try reader.read("remote port")
        _ = try reader.read(count: 2, "reserved")
        remoteAddress = try reader.readAddress("remote address")
    }

    /// The 56 bytes.
    var encoded: [UInt8] {
        var bytes = mapping.encoded
        bytes.append(bigEndian: remotePort)
        bytes.appendZeros(2)
        return bytes + remoteAddress.pcpOctets
    }
}
