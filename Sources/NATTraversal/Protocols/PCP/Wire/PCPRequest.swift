/// A PCP request (RFC 6887, section 7.1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Version = 2   |R|   Opcode    | Reserved                      |
/// | Requested Lifetime (seconds)                                  |
/// | PCP Client's IP Address (128 bits)                            |
/// | opcode data, then options                                     |
/// ```
struct PCPRequest: Hashable, Sendable {
    enum Operation: Hashable, Sendable {
        case announce
        case map(PCPMapping)
    }

    var operation: Operation
    /// 0 deletes; ANNOUNCE must have 0.
    var lifetimeSeconds: UInt32 = 0
    /// The datagram's source address; any other is answered by ADDRESS_MISMATCH.
    var clientAddress: IPAddress
    var options: [PCPOption] = []

    /// The datagram: 24 or 60 bytes and the options.
    var encoded: [UInt8] {
        var bytes: [UInt8] = [2, operation.opcode, 0, 0]
        bytes.append(bigEndian: lifetimeSeconds)
        bytes += clientAddress.pcpOctets
        switch operation {
        case .announce: break
        case .map(let mapping): bytes += mapping.encoded
        }
        return bytes + options.flatMap(\.encoded)
    }
}

extension PCPRequest.Operation {
    /// The opcode without the response bit.
    var opcode: UInt8 {
        switch self {
        case .announce: 0
        case .map: 1
        }
    }
}
