/// A gateway as the user names it: an address, its zone if needed, and an optional port.
///
/// `192.168.1.1`, `192.168.1.1:5351`, `fe80::1%eth0`, `[fe80::1%eth0]`, `[fe80::1%2]:5351`. Host
/// names are refused, so there is never a lookup.
public struct GatewayAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address; an IPv4-mapped one is given as IPv4.
    public let address: IPAddress
    /// The interface of an IPv6 address, by name or number; it is valid only on this host, and a
    /// link-local address needs it.
    public let zone: String?
    /// The port of PCP and NAT-PMP, if not 5351.
    public let port: PortNumber?

    /// Reads one of these forms; `nil` for any other, and for an address that no host can have.
    public init?(_ text: String) {
        let bytes = text.utf8
        var host = text[...]
        var port: Substring?
        if bytes.first == UInt8(ascii: "[") {
            guard let end = bytes.lastIndex(of: UInt8(ascii: "]")) else { return nil }
            host = text[bytes.index(after: bytes.startIndex)..<end]
            let rest = text[bytes.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"), host.contains(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            colon == bytes.lastIndex(of: UInt8(ascii: ":"))
        {
            host = text[..<colon]
            port = text[bytes.index(after: colon)...]
        }
        self.init(host: host, port: port)
    }

    /// Creates a gateway's name from its parts.
    package init(_ address: IPAddress, zone: String? = nil, port: PortNumber? = nil) {
        self.address = address.unmapped
        self.zone = zone
        self.port = port
    }

    /// The gateway at the other end of a socket; port 5351 goes without saying.
    package init(_ socketAddress: SocketAddress) {
        address = socketAddress.address.unmapped
        zone = socketAddress.zone
        port =
            socketAddress.port == GatewaySocket.port
            ? nil : PortNumber(rawValue: socketAddress.port)
    }

    /// The host alone, as the errors of a UPnP device name it: the port of its URL is that of HTTP.
    package init(hostOf socketAddress: SocketAddress) {
        address = socketAddress.address.unmapped
        zone = socketAddress.zone
        port = nil
    }

    private init?(host: Substring, port: Substring?) {
        let parts = host.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
        // In URLs the sign itself is escaped (RFC 6874).
        zone = parts.count == 2 ? Self.unescaped(parts[1]) : nil
        if let zone { guard address.family == .ipv6, Self.isZone(zone) else { return nil } }
        if case .v6(let address) = address, let mapped = address.mappedIPv4 {
            guard zone == nil else { return nil }
            self.address = .v4(mapped)
        } else {
            self.address = address
        }
        guard self.address.canBeHost else { return nil }
        self.port = port.flatMap { PortNumber(String($0)) }
        if port != nil, self.port == nil { return nil }
    }

    private static func unescaped(_ zone: Substring) -> String {
        String(zone.hasPrefix("25") && zone.utf8.count > 2 ? zone.dropFirst(2) : zone)
    }

    /// Whether the kernel would allow this as an interface's name; numbers are allowed too.
    private static func isZone(_ text: String) -> Bool {
        (1...15).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && !"/:%[]".utf8.contains($0) }
    }

    /// Whether its interface is not known, and a link-local address means nothing without.
    package var lacksZone: Bool {
        address.family == .ipv6 && address.scope == .linkLocal && zone == nil
    }

    /// The shortest form that reads back as this value.
    public var description: String {
        let host = address.description + (zone.map { "%\($0)" } ?? "")
        guard let port else { return host }
        return address.family == .ipv4 ? "\(host):\(port)" : "[\(host)]:\(port)"
    }
}
