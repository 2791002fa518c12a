/// A request by HTTP, or a search by SSDP, which is the head of one.
struct HTTPRequest: Sendable {
    /// A message that is none, or longer than anything a client of a gateway has to say.
    struct Malformed: Error {}

    static let headLimit = 16384
    static let bodyLimit = 65536

    var method: String
    var path: String
    var version: String
    /// Names as they were sent.
    var headers: [(name: String, value: String)]
    var body: [UInt8] = []
}

extension HTTPRequest {
    /// Reads one request; the connection may go on after it.
    init(from connection: StreamSocket) async throws {
        var bytes: [UInt8] = []
        var end: Int?
        while end == nil {
            guard bytes.count < Self.headLimit else { throw Malformed() }
            let more = try await connection.receive()
            if more.isEmpty { throw Malformed() }
            bytes += more
            end = Self.endOfHead(in: bytes)
        }
        let head = end ?? bytes.count
        try self.init(head: bytes[..<head])
        let length = value(of: "content-length").flatMap { Int($0) } ?? 0
        guard (0...Self.bodyLimit).contains(length) else { throw Malformed() }
        body = Array(bytes[head...])
        while body.count < length {
            let more = try await connection.receive()
            if more.isEmpty { throw Malformed() }
            body += more
        }
        body = Array(body.prefix(length))
    }

    /// Reads a head: any white space stands around a header's name and its value.
    init(head: some Collection<UInt8>) throws {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ").map(String.init) ?? []
        guard words.count == 3 else { throw Malformed() }
        (method, path, version) = (words[0], words[1], words[2])
        headers = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw Malformed() }
            return (Self.trimmed(line[..<colon]), Self.trimmed(line[line.index(after: colon)...]))
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        let end = text.lastIndex { !isBlank($0) }.map { text.index(after: $0) }
        return String(text[..<(end ?? text.startIndex)].drop(while: isBlank))
    }

    /// Where the body begins, if the head is whole.
    private static func endOfHead(in bytes: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        return bytes.firstRange(of: mark)?.upperBound
    }

    /// The value of the first header of this name, which is in small letters.
    func value(of name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}
