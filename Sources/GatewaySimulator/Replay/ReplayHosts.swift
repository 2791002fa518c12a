import NATTraversal

/// Which address of loopback stands for each host of a recording, and which port for each of its
/// ports.
///
/// The host `192.168.1.1` is played at `127.168.1.1`: the first octet alone changes, so that URLs
/// mostly stay as long as they were. IPv6 has one address of loopback, and whatever has the same
/// port of two hosts is played for the first one alone.
struct ReplayHosts: Sendable {
    private(set) var addresses: [IPAddress: IPAddress] = [:]
    private(set) var ports: [SocketAddress: SocketAddress] = [:]

    /// - Parameters:
    ///   - hosts: in the order of their importance.
    ///   - listen: where the first one of its family is to be played; `nil` for loopback.
    init(_ hosts: [IPAddress], listen: IPAddress? = nil) {
        for host in hosts where addresses[host] == nil {
            if let listen, listen.family == host.family, !addresses.values.contains(listen) {
                addresses[host] = listen
            } else {
                addresses[host] = freeAddress(for: host)
            }
        }
    }

    private func freeAddress(for host: IPAddress) -> IPAddress {
        guard case .v4(let address) = host else { return .v6(.loopback) }
        var candidate = 0x7F00_0000 | address.rawValue & 0x00FF_FFFF
        while addresses.values.contains(.v4(IPv4Address(rawValue: candidate))) {
            candidate = 0x7F00_0000 | (candidate &+ 1) & 0x00FF_FFFF
        }
        return .v4(IPv4Address(rawValue: candidate))
    }

    /// Where a port of a host is played; as long as nothing else was said, at the same port.
    func place(of recorded: SocketAddress) -> SocketAddress {
        let key = SocketAddress(recorded.address.unmapped, port: recorded.port)
        return ports[key]
            ?? SocketAddress(addresses[key.address] ?? key.address, port: recorded.port)
    }

    /// Notes that a port of a host is played at another one.
    mutating func move(_ recorded: SocketAddress, to port: UInt16) {
        var place = place(of: recorded)
        place.port = port
        ports[SocketAddress(recorded.address.unmapped, port: recorded.port)] = place
    }

    /// The URL under which something recorded can be had.
    func place(of url: HTTPURL) -> String {
        String(decoding: rewritten(Array(url.description.utf8)), as: UTF8.self)
    }

    /// The text with the hosts of its URLs in their new places.
    ///
    /// Elsewhere addresses stay as they are: an external address is no place on loopback.
    func rewritten(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text[...]
        while let mark = rest.firstRange(of: Array("//".utf8)) {
            result += rest[..<mark.upperBound]
            rest = rest[mark.upperBound...]
            let authority = rest.prefix { !Self.authorityEnds.contains($0) }
            let recorded = String(decoding: authority, as: UTF8.self)
            if let url = try? HTTPURL("http://\(recorded)/"), addresses[url.host] != nil {
                let place = place(of: url.socketAddress)
                let isImplied = place.port == 80 && !recorded.hasSuffix(":80")
                let text = isImplied ? "\(place)".dropLast(3) : "\(place)"[...]
                result += text.utf8
            } else {
                result += authority
            }
            rest = rest[authority.endIndex...]
        }
        return result + rest
    }

    private static let authorityEnds = Set(" \t\r\n/?#<>\"'&,;".utf8)
}
