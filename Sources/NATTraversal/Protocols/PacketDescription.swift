/// A datagram of PCP or NAT-PMP in words, for the log.
///
/// It describes what a stranger has sent as well, so that nothing is taken for granted: what ends
/// early is described as far as it goes. Nonces are masked (T-13).
struct PacketDescription {
    /// The protocol that its first byte names.
    let technique: Technique
    /// `MAP request`, `MAP response`, `address response`.
    private(set) var operation = ""
    /// What matters to a person, in the order of the packet.
    private(set) var essentials: [String] = []
    /// The other fields.
    private(set) var details: [String] = []

    init(_ payload: [UInt8]) {
        technique = Technique(ofDatagram: payload)
        var reader = ByteReader(payload)
        do throws(WireError) {
            if technique == .pcp {
                try describePCP(&reader, isVersionError: payload.count < PCPLimits.header)
            } else {
                try describeNATPMP(&reader)
            }
        } catch {
            details.append("ends after \(payload.count) bytes")
        }
    }

    /// One line: `MAP request: tcp 8080, external port 8080, 7200 s`.
    var brief: String { line(of: essentials) }
    /// The same with every field.
    var whole: String { "\(technique.displayName) \(line(of: essentials + details))" }

    private func line(of fields: [String]) -> String {
        fields.isEmpty ? operation : "\(operation): \(fields.joined(separator: ", "))"
    }

    // RFC 6887, sections 7.1 and 7.2.
    private mutating func describePCP(
        _ reader: inout ByteReader, isVersionError: Bool
    ) throws(WireError) {
        _ = try reader.read(count: 1, "version")
        let opcode: UInt8 = try reader.read("opcode")
        let isResponse = opcode & 0x80 != 0
        let name = [0: "ANNOUNCE", 1: "MAP", 2: "PEER"][opcode & 0x7F] ?? "opcode \(opcode & 0x7F)"
        operation = "\(name) \(isResponse ? "response" : "request")"
        _ = try reader.read(count: 1, "reserved")
        let result: UInt8 = try reader.read("result code")
        if isResponse { add(result: PCPResult(rawValue: result).name, code: Int(result)) }
        // What does not speak version 2 may send no more.
        if isVersionError { return }
        let lifetime: UInt32 = try reader.read("lifetime")
        if isResponse {
            let epoch: UInt32 = try reader.read("epoch")
            details.append("epoch \(epoch) s")
            _ = try reader.read(count: 12, "reserved")
        } else {
            details.append("client \(try reader.readAddress("client address"))")
        }
        guard opcode & 0x7F == 1 else { return }
        let mapping = try PCPMapping(parsing: &reader)
        let transport =
            [6: "tcp", 17: "udp"][mapping.protocolNumber] ?? "protocol \(mapping.protocolNumber)"
        let outside =
            mapping.externalAddress.isUnspecified
            ? "port \(mapping.externalPort)"
            : "\(SocketAddress(mapping.externalAddress, port: mapping.externalPort))"
        essentials += [
            "\(transport) \(mapping.internalPort)", "external \(outside)", "\(lifetime) s",
        ]
        details.append("nonce \(mapping.nonce)")
        try describeOptions(&reader)
    }

    // RFC 6887, section 7.3.
    private mutating func describeOptions(_ reader: inout ByteReader) throws(WireError) {
        while reader.count > 0 {
            let code: UInt8 = try reader.read("option code")
            _ = try reader.read(count: 1, "reserved")
            let length: UInt16 = try reader.read("option length")
            let data = Array(try reader.read(count: Int(length), "option data"))
            let padding = (4 - data.count % 4) % 4
            _ = try reader.read(count: padding, "padding")
            switch code {
            case 1: details.append("THIRD_PARTY \(try address(in: data))")
            case 2: details.append("PREFER_FAILURE")
            case 3: details.append("FILTER \(try address(in: Array(data.dropFirst(4))))")
            case 128:
                details.append(
                    "DESCRIPTION \(String(decoding: data, as: UTF8.self).debugDescription)")
            default: details.append("option \(code)")
            }
        }
    }

    private func address(in data: [UInt8]) throws(WireError) -> IPAddress {
        var reader = ByteReader(data)
        return try reader.readAddress("address")
    }

    // RFC 6886, sections 3.2 to 3.5.
    private mutating func describeNATPMP(_ reader: inout ByteReader) throws(WireError) {
        let version: UInt8 = try reader.read("version")
        if version != 0 { details.append("version \(version)") }
        let opcode: UInt8 = try reader.read("opcode")
        let isResponse = opcode & 0x80 != 0
        let transport = [1: "udp", 2: "tcp"][opcode & 0x7F]
        let name =
            transport != nil ? "MAP" : opcode & 0x7F == 0 ? "ADDRESS" : "opcode \(opcode & 0x7F)"
        operation = "\(name) \(isResponse ? "response" : "request")"
        if isResponse {
            let result: UInt16 = try reader.read("result code")
            add(result: NATPMPResult(rawValue: result).name, code: Int(result))
            let epoch: UInt32 = try reader.read("epoch")
            details.append("epoch \(epoch) s")
            if result != 0 { return }
            if opcode == 128 {
                essentials.append("external \(IPv4Address(rawValue: try reader.read("address")))")
            }
        }
        guard let transport else { return }
        if !isResponse { _ = try reader.read(count: 2, "reserved") }
        let internalPort: UInt16 = try reader.read("internal port")
        let externalPort: UInt16 = try reader.read("external port")
        let lifetime: UInt32 = try reader.read("lifetime")
        essentials += [
            "\(transport) \(internalPort)", "external port \(externalPort)", "\(lifetime) s",
        ]
    }

    private mutating func add(result name: String?, code: Int) {
        essentials.append(name.map { code == 0 ? $0 : "\($0) (\(code))" } ?? "result \(code)")
    }
}

extension Technique {
    /// The one of the two techniques on port 5351 whose datagram this is, by its first byte.
    init(ofDatagram payload: [UInt8]) { self = payload.first == 2 ? .pcp : .natPMP }
}

/// A datagram in hexadecimal, the secret part of a PCP nonce left out (T-13).
func packetText(_ payload: [UInt8]) -> String {
    let hasNonce = payload.count > 26 && payload[0] == 2 && [1, 2].contains(payload[1] & 0x7F)
    return payload.enumerated().map { index, byte in
        let digits = (byte < 16 ? "0" : "") + String(byte, radix: 16)
        return hasNonce && (26..<36).contains(index) ? "**" : digits
    }.joined(separator: " ")
}

/// A time of waiting as the log has it, `1.3 ms`.
package func millisecondsText(_ duration: Duration) -> String {
    let tenths = (duration / .microseconds(100)).rounded()
    return "\(tenths / 10) ms"
}
