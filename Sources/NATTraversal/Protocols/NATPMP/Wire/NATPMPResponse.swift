/// A NAT-PMP response (RFC 6886, sections 3.2, 3.3 and 3.5).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Vers = 0      | OP = 128 + x  | Result Code                   |
/// | Seconds Since Start of Epoch                                  |
/// | External IPv4 Address                                         |  x = 0: 12 bytes
///
/// | Internal Port                 | Mapped External Port          |  x = 1, 2: 16 bytes
/// | Port Mapping Lifetime in Seconds                              |
/// ```
///
/// Errors may be shorter, down to 4 bytes; a short success is malformed.
struct NATPMPResponse: Hashable, Sendable {
    /// The fields after the header.
    enum Body: Hashable, Sendable {
        case externalAddress(IPv4Address)
        case mapping(internalPort: UInt16, externalPort: UInt16, lifetimeSeconds: UInt32)
        /// An error, with the internal port where it is echoed.
        case failure(internalPort: UInt16?)
    }

    /// The request's opcode plus 128, or 0 in the RFC's figure of a version error.
    var opcode: UInt8
    var result: NATPMPResult
    /// Age of the gateway's mapping table; a step back means that mappings were lost (section 3.6).
    ///
    /// `nil` when the message ends before it, and for an unsupported opcode: there the RFC echoes
    /// the request's own bytes in this place.
    var epochSeconds: UInt32?
    var body: Body

    init(parsing bytes: [UInt8]) throws(WireError) {
        guard bytes.count <= PCPLimits.datagram else {
            throw WireError(field: "length", problem: "\(bytes.count) bytes")
        }
        var reader = ByteReader(bytes)
        try reader.expect(0, "version")
        opcode = try reader.read("opcode")
        result = NATPMPResult(rawValue: try reader.read("result code"))
        guard opcode >= 128 || (opcode == 0 && result == .unsupportedVersion) else {
            throw WireError(field: "opcode", problem: "\(opcode) is a request's")
        }
        let epoch: UInt32? = try? reader.read("epoch")
        epochSeconds = result == .unsupportedOpcode ? nil : epoch
        guard result == .success else {
            // Without an epoch in front of it, these two bytes are the epoch's.
            let internalPort: UInt16? = epoch == nil ? nil : try? reader.read("internal port")
            body = .failure(internalPort: opcode > 128 ? internalPort : nil)
            return
        }
        switch opcode {
        case 128:
            body = .externalAddress(IPv4Address(rawValue: try reader.read("external address")))
        case 129, 130:
            body = .mapping(
                internalPort: try reader.read("internal port"),
                externalPort: try reader.read("external port"),
                lifetimeSeconds: try reader.read("lifetime"))
        default:
            throw WireError(field: "opcode", problem: "\(opcode) is unknown")
        }
    }
}
