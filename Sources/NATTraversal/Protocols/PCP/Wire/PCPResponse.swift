/// A PCP response (RFC 6887, section 7.2).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// | Version = 2   |R|   Opcode    | Reserved      | Result Code   |
/// | Lifetime (seconds)                                            |
/// | Epoch Time (seconds)                                          |
/// | Reserved (96 bits)                                            |
/// | opcode data, then options (nothing here depends on those)     |
/// ```
struct PCPResponse: Hashable, Sendable {
    enum Operation: Hashable, Sendable {
        case announce
        case map(PCPMapping)
        /// An error whose opcode data is missing or truncated, with its opcode.
        case headerOnly(opcode: UInt8)
    }

    var operation: Operation
    var result: PCPResult
    /// The granted lifetime; in an error, how long the server expects to repeat it.
    var lifetimeSeconds: UInt32
    /// Age of the server's mapping table (section 8.5).
    var epochSeconds: UInt32

    /// - Throws: `WireError` unless the message is of version 2, a response, from 24 to 1100 bytes
    ///   long, a multiple of 4, and in a success as long as its opcode needs.
    init(parsing bytes: [UInt8]) throws(WireError) {
        guard (PCPLimits.header...PCPLimits.datagram).contains(bytes.count),
            bytes.count.isMultiple(of: 4)
        else { throw WireError(field: "length", problem: "\(bytes.count) bytes") }
        var reader = ByteReader(bytes)
        try reader.expect(2, "version")
        let opcode: UInt8 = try reader.read("opcode")
        guard opcode & 0x80 != 0 else {
            throw WireError(field: "opcode", problem: "the response bit is clear")
        }
        _ = try reader.read(count: 1, "reserved")
        result = PCPResult(rawValue: try reader.read("result code"))
        lifetimeSeconds = try reader.read("lifetime")
        epochSeconds = try reader.read("epoch")
        _ = try reader.read(count: 12, "reserved")
        do throws(WireError) {
            operation = try Self.operation(opcode & 0x7F, &reader)
        } catch {
            guard result != .success else { throw error }
            operation = .headerOnly(opcode: opcode & 0x7F)
        }
    }

    private static func operation(
        _ opcode: UInt8, _ reader: inout ByteReader
    ) throws(WireError) -> Operation {
        switch opcode {
        case 0: .announce
        case 1: .map(try PCPMapping(parsing: &reader))
        default: throw WireError(field: "opcode", problem: "\(opcode) is unknown")
        }
    }
}

/// Sizes of PCP messages (RFC 6887, section 7).
enum PCPLimits {
    /// The longest datagram, in bytes.
    static let datagram = 1100
    /// The header of requests and responses alike, in bytes.
    static let header = 24
    /// The shortest answer from which a version error can be told, in bytes.
    static let versionError = 4
}
