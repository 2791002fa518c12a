/// An option of a PCP message (RFC 6887, sections 7.3 and 13; RFC 7220).
///
/// ```text
/// | Option Code   | Reserved      | Option Length                 |
/// | data, padded with zeros to a multiple of 4 bytes              |
/// ```
enum PCPOption: Hashable, Sendable {
    /// Maps to another host (section 13.1).
    case thirdParty(IPAddress)
    /// Demands the suggested external port and address (section 13.2).
    case preferFailure
    /// Admits only this peer; prefix length 0 clears all filters (section 13.3).
    ///
    /// The prefix length counts from 128 bits, for IPv4 too: 128 is one host.
    case filter(IPAddress, prefixLength: UInt8, port: UInt16)
    /// A text for the server's table (RFC 7220), cut to `descriptionLimit`.
    case description(String)

    /// The longest description, in bytes of UTF-8: with it a MAP request with all other options,
    /// two filters among them, still fits into a datagram of 1100 bytes (RFC 6887, section 7).
    static let descriptionLimit = PCPLimits.datagram - 60 - 20 - 4 - 2 * 24 - 4

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
            let end = text.utf8.index(
                text.startIndex, offsetBy: Self.descriptionLimit, limitedBy: text.endIndex)
            // Between characters, so that the rest is text too.
            return (128, Array(String(text.unicodeScalars[..<(end ?? text.endIndex)]).utf8))
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
}
