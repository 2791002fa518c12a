extension TrafficMask {
    /// Masks a datagram of PCP or NAT-PMP: nonces, public addresses, and whatever stands where
    /// neither protocol has a field that a client reads.
    mutating func packet(_ packet: [UInt8]) -> [UInt8] {
        var mask = packet
        guard packet.count >= 2 else { return mask }
        let (version, opcode) = (packet[0], packet[1])
        var known: Int
        switch version {
        case 0:
            // RFC 6886, sections 3.2 and 3.3: the longest message has 16 octets.
            if opcode == 128 { maskAddress(in: &mask, at: 8, length: 4) }
            known = 16
        case 1...2:
            // RFC 6887, section 7: 24 octets, in a request with the client's address.
            let isRequest = opcode & 0x80 == 0
            if isRequest { maskAddress(in: &mask, at: 8, length: 16) }
            known = 24
            guard version == 2, [1, 2].contains(opcode & 0x7F), packet.count >= 60 else { break }
            mask.replaceSubrange(24..<36, with: nonce(Array(packet[24..<36])))
            maskAddress(in: &mask, at: 44, length: 16)
            known = 60
            if opcode & 0x7F == 2, packet.count >= 80 {
                maskAddress(in: &mask, at: 64, length: 16)
                known = 80
            }
            known = Self.clearOptions(in: &mask, from: known)
        default: known = 4
        }
        for index in mask.indices.dropFirst(known) { mask[index] = 0 }
        return mask
    }

    private mutating func nonce(_ octets: [UInt8]) -> [UInt8] {
        let mask = identifier(Array(octets.hexadecimal.utf8))
        return [UInt8](hexadecimal: String(decoding: mask, as: UTF8.self)) ?? octets.map { _ in 0 }
    }

    private mutating func maskAddress(in packet: inout [UInt8], at start: Int, length: Int) {
        guard packet.count >= start + length,
            let address = IPAddress(octets: Array(packet[start..<start + length]))
        else { return }
        packet.replaceSubrange(start..<start + length, with: self.address(address).octets)
    }

    /// Clears what the options of PCP hold and keeps their codes and lengths (RFC 6887, section
    /// 7.3).
    ///
    /// - Returns: where the last whole option ends.
    private static func clearOptions(in packet: inout [UInt8], from start: Int) -> Int {
        var index = start
        while index + 4 <= packet.count {
            let length = Int(packet[index + 2]) << 8 | Int(packet[index + 3])
            let end = index + 4 + (length + 3) / 4 * 4
            guard end <= packet.count else { break }
            for place in index + 4..<end { packet[place] = 0 }
            index = end
        }
        return index
    }
}
