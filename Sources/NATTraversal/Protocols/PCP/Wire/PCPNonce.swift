/// The 96-bit secret that identifies the owner of a mapping (RFC 6887, section 11.2).
///
/// Whoever has it can extend or delete the mapping from this address, so only the lease file holds
/// it, and no output shows all of it (T-13).
struct PCPNonce: Hashable, Sendable {
    /// The 12 octets in wire order.
    let octets: [UInt8]

    /// Draws a nonce from the system's random number generator.
    static func random() -> PCPNonce {
        // One octet at a time would cost a system call each.
        let numbers: [UInt64] = [.random(in: 0 ... .max), .random(in: 0 ... .max)]
        return PCPNonce((0..<12).map { UInt8(truncatingIfNeeded: numbers[$0 / 8] >> ($0 % 8 * 8)) })
    }

    private init(_ octets: [UInt8]) { self.octets = octets }

    /// Reads 24 hexadecimal digits, as in the lease file.
    init?(hexadecimal text: String) {
        guard let octets = [UInt8](hexadecimal: text), octets.count == 12 else { return nil }
        self.octets = octets
    }

    /// Reads 12 octets.
    init(parsing reader: inout ByteReader) throws(WireError) {
        octets = Array(try reader.read(count: 12, "nonce"))
    }

    /// 24 hexadecimal digits.
    var hexadecimal: String { octets.hexadecimal }
}

extension PCPNonce: CustomStringConvertible {
    /// The first four digits, enough to distinguish two in a log.
    var description: String { hexadecimal.prefix(4) + "…" }
}
