/// An option of a PCP message (RFC 6887, sections 7.3 and 13; RFC 7220).
///
/// ```text
/// | Option Code   | Reserved      | Option Length                 |
/// | data, padded with zeros to a multiple of 4 bytes              |
/// ```
enum PCPOption: Hashable, Sendable {
    /// The mapping is for another host (section 13.1).
    case thirdParty(IPAddress)
    /// No other external port or address than suggested (section 13.2).
    case preferFailure
    /// Only this peer may come in; prefix length 0 clears all filters (section 13.3).
    ///
    /// The prefix length counts in 128 bits, for IPv4 too: 128 is one host.
    case filter(IPAddress, prefixLength: UInt8, port: UInt16)
    /// A text for the server's table, at most 1016 bytes of UTF-8 (RFC 7220).
    case description(String)
    /// One that natctl does not know, with its data.
    case other(code: UInt8, data: [UInt8])

    private var codeAndData: (code: UInt8, data: [UInt8]) {
        switch self {
        case .thirdParty(let address):
            return (1, address.pcpOctets)
        case .preferFailure:
            return (2, [])
        case .filter(let address, let prefixLength, let port):
            var data: [UInt8] = [0, prefixLength]
            data.append(bigEndian: port)
            return (3, data + address.pcpOctets)
        case .description(let text):
            return (128, Array(text.utf8.prefix(1016)))
        case .other(let code, let data):
            return (code, data)
        }
    }

    /// Header, data and padding.
    var encoded: [UInt8] {
        let (code, data) = codeAndData
        var bytes: [UInt8] = [code, 0]
        bytes.append(bigEndian: UInt16(clamping: data.count))
        bytes += data
        bytes.appendZeros((4 - data.count % 4) % 4)
        return bytes
    }

    /// Reads options to the end of the message or the first one that does not fit.
    ///
    /// What comes before a broken option counts, and so do the fixed fields of the message
    /// (RFC 6887, section 8.3: unknown options are ignored).
    static func parseAll(_ reader: inout ByteReader) -> [PCPOption] {
        var options: [PCPOption] = []
        while reader.count >= 4, let option = try? PCPOption(parsing: &reader) {
            options.append(option)
        }
        return options
    }

    private init(parsing reader: inout ByteReader) throws(WireError) {
        let code: UInt8 = try reader.read("option code")
        let _: UInt8 = try reader.read("option reserved")
        let length: UInt16 = try reader.read("option length")
        let data = Array(try reader.read(count: Int(length), "option data"))
        let padding = min((4 - Int(length) % 4) % 4, reader.count)
        _ = try reader.read(count: padding, "option padding")
        self = Self.known(code, data) ?? .other(code: code, data: data)
    }

    private static func known(_ code: UInt8, _ data: [UInt8]) -> PCPOption? {
        var reader = ByteReader(data)
        switch (code, data.count) {
        case (1, 16):
            return (try? reader.readAddress("third party")).map(PCPOption.thirdParty)
        case (2, 0):
            return .preferFailure
        case (3, 20):
            guard let _: UInt8 = try? reader.read("filter reserved"),
                let prefixLength: UInt8 = try? reader.read("filter prefix length"),
                let port: UInt16 = try? reader.read("filter port"),
                let address = try? reader.readAddress("filter address")
            else { return nil }
            return .filter(address, prefixLength: prefixLength, port: port)
        case (128, _):
            return String(validating: data, as: UTF8.self).map(PCPOption.description)
        default:
            return nil
        }
    }
}
