import NATTraversalSupport

/// One SSDP datagram that devices send: an answer to a search, or an announcement.
///
/// Reading is liberal (S-5): any line end, any case, no blank line at the end, the first of equal
/// fields. Nothing here is checked; see `SSDPLocation`.
struct SSDPMessage: Hashable, Sendable {
    /// What the first line says.
    enum Kind: Hashable, Sendable {
        /// `HTTP/1.1 200 OK`, with its status from 200 to 299.
        case searchResponse(status: Int)
        /// `NOTIFY * HTTP/1.1`.
        case notify
    }

    let kind: Kind
    let fields: HTTPFields

    /// Reads a datagram; `nil` when it is anything else, other people's searches included (S-13).
    init?(parsing datagram: [UInt8]) {
        var lines = Self.lines(datagram)
        guard !lines.isEmpty, let kind = Kind(firstLine: lines.removeFirst()) else { return nil }
        self.kind = kind
        var fields = HTTPFields()
        for line in lines.prefix(while: { !$0.isEmpty }) {
            if case .field(let field) = HTTPFields.Line(parsing: line) { fields.append(field) }
        }
        self.fields = fields
    }

    /// The search target: ST of an answer, NT of an announcement.
    var target: String? { fields[kind == .notify ? "NT" : "ST"] }

    /// The unique service name, an opaque text (S-11).
    var usn: String? { fields["USN"] }

    /// What the USN says of the device.
    var udn: String? { usn.map(Self.udn(ofUSN:)) }

    /// The device's name in a USN, before the first `::`.
    static func udn(ofUSN usn: String) -> String {
        usn.firstPlace(of: "::").map { String(usn[..<$0.lowerBound]) } ?? usn
    }

    /// Where the description is, unchecked.
    var location: String? { fields["LOCATION"] }

    /// Whether the target is a gateway or a service that maps ports (S-8).
    var namesGateway: Bool { target.flatMap(UPnPType.init)?.namesGateway ?? false }

    /// Whether an announcement says that the device is there.
    var isAlive: Bool { fields["NTS"]?.isEqualIgnoringCase("ssdp:alive") ?? false }

    /// Whether an announcement says that the device goes on under another BOOTID.
    var isUpdate: Bool { fields["NTS"]?.isEqualIgnoringCase("ssdp:update") ?? false }

    /// What tells a restart of the device: BOOTID.UPNP.ORG, or the 01-NLS of older devices.
    var bootIdentifier: String? { fields["BOOTID.UPNP.ORG"] ?? fields["01-NLS"] }

    private static func lines(_ datagram: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = datagram[...]
        while let end = rest.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) {
            lines.append(rest[..<end])
            let isPair = rest[end] == 0x0D && rest[(end + 1)...].first == 0x0A
            rest = rest[(isPair ? end + 2 : end + 1)...]
        }
        if !rest.isEmpty { lines.append(rest) }
        return lines
    }
}

extension SSDPMessage.Kind {
    fileprivate init?(firstLine: ArraySlice<UInt8>) {
        let words = firstLine.split(separator: UInt8(ascii: " "))
            .map { String(decoding: $0, as: UTF8.self) }
        if words.count >= 2, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
            (200...299).contains(status)
        {
            self = .searchResponse(status: status)
        } else if words.count == 3, words[0] == "NOTIFY", words[2].hasPrefix("HTTP/1.") {
            self = .notify
        } else {
            return nil
        }
    }
}
