@testable import NATTraversal

extension Property {
    private static let bodyLimit = 4096

    /// An answer is the same in whatever pieces it comes, and never longer than its limit.
    static let http = Property("http", sizeLimit: 4096, fixtures: ["upnp/http"]) { bytes in
        let whole = outcome(of: [bytes[...]])
        // The pieces' sizes are drawn from the bytes themselves.
        for seed in [1, bytes.count / 3 + 1, Int(bytes.first ?? 0) + 1] {
            var pieces: [ArraySlice<UInt8>] = []
            var rest = bytes[...]
            while let first = rest.first {
                let size = seed == 1 && bytes.count <= 2048 ? 1 : seed + Int(first & 7)
                pieces.append(rest.prefix(size))
                rest = rest.dropFirst(size)
            }
            let pieced = outcome(of: pieces)
            try require(pieced == whole, "\(whole) in one piece, \(pieced) in \(pieces.count)")
        }
        guard let response = whole.response else { return }
        try require(response.body.count <= bodyLimit, "a body of \(response.body.count) bytes")
        try require((200...999).contains(response.status), "status \(response.status)")
        try require(response.fields.all.count <= HTTPResponseReader.lineLimit, "many fields")
    }

    private struct Outcome: Equatable {
        var response: HTTPResponse?
        var error: HTTPMessageError?
    }

    private static func outcome(of pieces: [ArraySlice<UInt8>]) -> Outcome {
        var reader = HTTPResponseReader(bodyLimit: bodyLimit)
        do throws(HTTPMessageError) {
            for piece in pieces where !reader.isFinished { try reader.receive(piece) }
            if !reader.isFinished { try reader.receiveEnd() }
            return Outcome(response: reader.response)
        } catch {
            return Outcome(error: error)
        }
    }

    /// A URL reads back as itself, has nothing in it that would end a request line, and resolving
    /// a reference against it changes only what the reference says.
    static let url = Property("url", sizeLimit: 2048) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let url = try? HTTPURL(text) { try check(url) }
        let base = try HTTPURL("http://192.168.1.1:5000/a/b?c")
        if let url = try? base.resolving(text) {
            try check(url)
            try require(
                try url.resolving("") == url, "\(url) is resolved to another URL")
        }
        guard let given = try? HTTPURL.givenByUser(text) else { return }
        try check(given.url)
        if given.unknownZone == nil, given.url.scopeID != 0 {
            let again = try HTTPURL.givenByUser(given.url.zonedDescription)
            try require(again.url == given.url, "\(given.url.zonedDescription)")
        }
    }

    /// What holds for every URL that is accepted.
    static func check(_ url: HTTPURL) throws {
        try require(
            url.target.hasPrefix("/")
                && url.target.utf8.allSatisfy {
                    (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#")
                },
            "target \(url.target)")
        var again = try HTTPURL(url.description)
        again.scopeID = url.scopeID
        try require(again == url, "\(url) reads back as \(again)")
        let head = HTTPRequest(url: url).encoded
        try require(head.count { $0 == UInt8(ascii: "\n") } == 4, "a head of more lines")
    }

    /// Addresses and instants read back as themselves.
    static let address = Property("address", sizeLimit: 256) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let address = IPAddress(text) {
            try require(IPAddress(address.description) == address, "\(address)")
            try require(IPAddress(octets: address.octets) == address, "\(address.octets)")
        }
        if let gateway = GatewayAddress(text) {
            try require(GatewayAddress(gateway.description) == gateway, "\(gateway)")
        }
        if let instant = Timestamp(text) {
            try require(instant.description == text, "\(instant)")
            _ = instant.advanced(bySeconds: .max)
        }
        if let port = PortNumber(text) {
            try require(PortNumber(port.description) == port, "\(port)")
        }
        if let type = UPnPType(text) { try require(type.version >= 0, "\(type.version)") }
        if let target = SSDPTarget(rawValue: text) {
            let search = SSDPSearchRequest(
                destination: .ssdpGroup, target: target, maximumWaitSeconds: 1)
            try require(
                search.encoded.count { $0 == UInt8(ascii: "\n") } == 6, "lines of a search")
        }
    }
}
