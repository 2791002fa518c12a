/// An http URL whose host is an address: the only kind that is connected to (T-1).
public struct HTTPURL: Hashable, Sendable, CustomStringConvertible {
    /// The host; an IPv4-mapped address is the IPv4 address it maps.
    public let host: IPAddress
    /// The port, 80 where the text has none.
    public let port: PortNumber
    /// Path and query as they go into the request line, beginning with `/`.
    ///
    /// What the text had outside the character set of a URL is percent-encoded.
    public let target: String
    /// The interface index of a link-local host, 0 for others; it never goes into a header (S-17).
    package var scopeID: UInt32 = 0

    /// Reads an absolute URL.
    ///
    /// - Throws: `URLRefusal`.
    public init(_ text: String) throws(URLRefusal) {
        self = try Self(URLReference(text))
    }

    /// Reads a URL that a person has given, whose link-local host may have a zone, written
    /// `[fe80::1%25eth0]` (RFC 6874) or `[fe80::1%eth0]`.
    ///
    /// - Parameters:
    ///   - text: what was given.
    ///   - interface: the zone of a link-local host that has none; `nil` for none.
    /// - Returns: the URL, and its zone if the host has one that is no interface here.
    /// - Throws: `URLRefusal`.
    package static func givenByUser(
        _ text: String, interface: String? = nil
    ) throws(URLRefusal) -> (url: HTTPURL, unknownZone: String?) {
        var reference = URLReference(text)
        var zone: Substring?
        if let authority = reference.authority, let percent = authority.firstIndex(of: "%"),
            let end = authority[percent...].firstIndex(of: "]")
        {
            let name = authority[authority.index(after: percent)..<end]
            zone = name.hasPrefix("25") && name.count > 2 ? name.dropFirst(2) : name
            reference.authority = String(authority[..<percent] + authority[end...])
        }
        var url = try HTTPURL(reference)
        guard url.host.canBeHost else { throw .noHost }
        guard url.host.family == .ipv6, url.host.scope == .linkLocal else {
            if zone != nil { throw .notAnAddress }
            return (url, nil)
        }
        guard let name = zone.map(String.init) ?? interface else { return (url, nil) }
        url.scopeID = SocketAddress.scopeID(zone: name) ?? 0
        return (url, url.scopeID == 0 ? name : nil)
    }

    /// The URL as a person needs it on this host: with the zone of a link-local host (RFC 6874).
    package var zonedDescription: String {
        guard let zone = socketAddress.zone else { return description }
        let name = "[\(host)%25\(zone)]"
        return "http://" + (port.rawValue == 80 ? name : "\(name):\(port)") + target
    }

    /// The URL that `reference` makes, at `substitute` where one is given instead of its own host.
    init(_ reference: URLReference, host substitute: IPAddress? = nil) throws(URLRefusal) {
        guard let scheme = reference.scheme else { throw .notAbsolute }
        guard scheme == "http" else { throw .notHTTP }
        guard let authority = reference.authority else { throw .noHost }
        guard !authority.contains("@") else { throw .userInformation }
        let (name, port) = try Self.split(authority)
        guard let host = substitute ?? Self.literal(name) else { throw .notAnAddress }
        self.host = host.unmapped
        self.port = port
        let path = reference.hasAbsolutePath ? reference.path : "/" + reference.path
        target = try Self.encoded(path + (reference.query.map { "?" + $0 } ?? ""))
    }

    /// The URL that `text` names in a document read from here (RFC 3986, section 5).
    ///
    /// - Throws: `URLRefusal`, but not because of another host: see `isSameHost(as:)`.
    func resolving(_ text: String) throws(URLRefusal) -> HTTPURL {
        var url = try HTTPURL(URLReference(text).resolved(against: URLReference(description)))
        if url.host == host { url.scopeID = scopeID }
        return url
    }

    /// Whether its host is link-local by IPv6 and its interface is not known.
    package var lacksZone: Bool { host.family == .ipv6 && host.scope == .linkLocal && scopeID == 0 }

    /// Whether both are the same URL; one that a person gave without a zone matches any.
    func matches(_ other: HTTPURL) -> Bool {
        var url = self
        if url.scopeID == 0 { url.scopeID = other.scopeID }
        return url == other
    }

    /// Whether both name the same host, whatever the ports.
    func isSameHost(as other: HTTPURL) -> Bool { host == other.host && scopeID == other.scopeID }

    /// Where to connect to.
    package var socketAddress: SocketAddress {
        SocketAddress(host, port: port.rawValue, scopeID: scopeID)
    }

    /// What the Host header says: the port unless it is 80, brackets for IPv6, no zone (H-9).
    var authority: String {
        let name =
            switch host {
            case .v4(let address): "\(address)"
            case .v6(let address): "[\(address)]"
            }
        return port.rawValue == 80 ? name : "\(name):\(port)"
    }

    /// The URL as text, without a zone.
    public var description: String { "http://\(authority)\(target)" }

    private static func split(_ authority: String) throws(URLRefusal) -> (Substring, PortNumber) {
        let hostEnd = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : nil
        let portStart = authority[(hostEnd ?? authority.startIndex)...].firstIndex(of: ":")
        guard let portStart else { return (authority[...], .http) }
        let digits = authority[authority.index(after: portStart)...]
        // RFC 3986, section 3.2.3: an empty port is the default one.
        guard let port = digits.isEmpty ? .http : PortNumber(String(digits)) else { throw .port }
        return (authority[..<portStart], port)
    }

    private static func literal(_ name: Substring) -> IPAddress? {
        guard name.hasPrefix("[") else { return IPv4Address(String(name)).map { .v4($0) } }
        guard name.hasSuffix("]") else { return nil }
        return IPv6Address(String(name.dropFirst().dropLast())).map { .v6($0) }
    }

    /// Percent-encodes what may not stand in a request line; controls are refused (T-1).
    private static func encoded(_ text: String) throws(URLRefusal) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case 0..<0x20, 0x7F:
                throw .control
            case UInt8(ascii: " "), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"),
                UInt8(ascii: "\\"), UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"),
                UInt8(ascii: "|"), UInt8(ascii: "}"), 0x80...:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default:
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why natctl does not use a URL that a device has named.
///
/// The raw value is what `upnp-scan` prints.
@nonexhaustive
public enum URLRefusal: String, Error, Sendable, CaseIterable {
    /// There is no URL, or an empty one.
    case missing
    /// It is longer than what is kept of a text.
    case tooLong = "too-long"
    /// It has no scheme, and nothing to be resolved against.
    case notAbsolute = "not-absolute"
    /// Its scheme is not http.
    case notHTTP = "not-http"
    /// It has no host, or an address that no host can have.
    case noHost = "no-host"
    /// There is a user before its host.
    case userInformation = "user-information"
    /// Its host is not an address; names are never resolved.
    case notAnAddress = "not-an-address"
    /// Its port is not one from 1 to 65535.
    case port
    /// There are control characters in it.
    case control = "control-character"
    /// Its host is not the one that answered.
    case anotherHost = "another-host"
}
