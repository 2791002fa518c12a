/// Reads one head: the status line and the fields up to the empty line.
struct HTTPHeadReader {
    private(set) var status = 0
    private(set) var fields = HTTPFields()
    private var lines = 0
    private var bytes = 0

    /// Takes the lines that are there.
    ///
    /// - Returns: whether the empty line was among them.
    mutating func read(_ rest: inout ArraySlice<UInt8>) throws(HTTPMessageError) -> Bool {
        while let line = rest.takeLine() {
            bytes += line.count + 2
            lines += 1
            guard bytes <= HTTPResponseReader.headLimit, lines <= HTTPResponseReader.lineLimit
            else {
                throw .headTooLong
            }
            if lines == 1 {
                status = try Self.status(line)
            } else if line.isEmpty {
                return true
            } else if case .field(let field) = HTTPFields.Line(parsing: line) {
                fields.append(field)
            }
        }
        guard bytes + rest.count <= HTTPResponseReader.headLimit else { throw .headTooLong }
        return false
    }

    /// `HTTP/1.` and three digits; the reason phrase, and the blank before it, may be missing.
    private static func status(_ line: ArraySlice<UInt8>) throws(HTTPMessageError) -> Int {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count >= 2, words[0].starts(with: "HTTP/1.".utf8), words[1].count == 3,
            words[1].allSatisfy(\.isDigit),
            let status = Int(String(decoding: words[1], as: UTF8.self)), status >= 100
        else { throw .statusLine }
        return status
    }
}

extension ArraySlice<UInt8> {
    /// Takes a line off the front, without its CRLF or LF; `nil` when none is complete.
    mutating func takeLine() -> ArraySlice<UInt8>? {
        guard let end = firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = self[..<end]
        self = self[(end + 1)...]
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
