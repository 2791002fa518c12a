/// Reads an answer from bytes as they come, in pieces of any size (H-6, T-3).
///
/// Pure: it knows no socket and no clock. It grows with what has arrived, never with what is
/// promised, and every part has a limit.
struct HTTPResponseReader {
    /// The head's limit in bytes; the trailers have the same.
    static let headLimit = 16 << 10
    /// The most lines in a head.
    static let lineLimit = 100
    private static let interimLimit = 3
    private static let chunkLineLimit = 1 << 10

    private enum State {
        case head
        case body(remaining: Int)
        case chunkSize
        case chunk(remaining: Int)
        case chunkEnd
        case trailers
        case untilClose
        case finished
    }

    /// The answer, as soon as its head is known; its body grows.
    private(set) var response: HTTPResponse?
    private let bodyLimit: Int
    private var state = State.head
    /// What has come and was not used yet.
    private var unread: [UInt8] = []
    private var total = 0
    private var head = HTTPHeadReader()
    private var trailerBytes = 0
    private var interimResponses = 0

    /// - Parameter bodyLimit: the longest body, in bytes.
    init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

    /// Whether nothing more is needed.
    var isFinished: Bool { if case .finished = state { true } else { false } }

    /// Takes the next piece.
    ///
    /// - Throws: `HTTPMessageError`, after which the reader is of no use.
    mutating func receive(_ bytes: some Collection<UInt8>) throws(HTTPMessageError) {
        total += bytes.count
        // Chunks of one byte with long extensions are worth no more than this.
        guard total <= 2 * bodyLimit + (128 << 10) else { throw .bodyTooLong }
        unread += bytes
        var rest = unread[...]
        while try step(&rest) {}
        unread = Array(rest)
    }

    /// The peer has closed the connection.
    ///
    /// - Throws: `HTTPMessageError` when not even the head is there.
    mutating func receiveEnd() throws(HTTPMessageError) {
        switch state {
        case .head: throw total == 0 ? .nothing : .headCutShort
        case .untilClose: finish()
        default: state = .finished
        }
    }

    /// Does what the bytes suffice for.
    ///
    /// - Returns: whether it could do anything, so that there may be more to do.
    private mutating func step(_ rest: inout ArraySlice<UInt8>) throws(HTTPMessageError) -> Bool {
        switch state {
        case .head:
            guard try head.read(&rest) else { return false }
            try beginBody()
        case .body(let remaining):
            guard let left = try takeBody(remaining, from: &rest) else { return false }
            state = .body(remaining: left)
            if left == 0 { finish() }
        case .untilClose:
            guard !rest.isEmpty else { return false }
            _ = try takeBody(rest.count, from: &rest)
        case .chunkSize:
            guard let line = try takeLine(&rest, limit: Self.chunkLineLimit) else { return false }
            let size = try Self.chunkSize(line)
            guard size <= bodyLimit else { throw .bodyTooLong }
            state = size == 0 ? .trailers : .chunk(remaining: size)
        case .chunk(let remaining):
            guard let left = try takeBody(remaining, from: &rest) else { return false }
            state = left == 0 ? .chunkEnd : .chunk(remaining: left)
        case .chunkEnd:
            guard let line = try takeLine(&rest, limit: 2) else { return false }
            guard line.isEmpty else { throw .chunk }
            state = .chunkSize
        case .trailers:
            guard let line = try takeLine(&rest, limit: Self.headLimit) else { return false }
            trailerBytes += line.count
            guard trailerBytes <= Self.headLimit else { throw .headTooLong }
            if line.isEmpty { finish() }
        case .finished:
            return false
        }
        return true
    }

    private mutating func finish() {
        response?.isComplete = true
        state = .finished
    }

    /// Decides by the head how the body ends (RFC 9112, section 6.3).
    private mutating func beginBody() throws(HTTPMessageError) {
        let (status, fields) = (head.status, head.fields)
        head = HTTPHeadReader()
        if status < 200 {
            interimResponses += 1
            guard interimResponses <= Self.interimLimit else { throw .tooManyInterimResponses }
            return
        }
        let codings = fields.values(of: "Content-Encoding")
        guard codings.allSatisfy({ $0.isEmpty || $0.isEqualIgnoringCase("identity") }) else {
            throw .contentEncoding
        }
        let framing: HTTPResponse.Framing
        if status == 204 || status == 304 {
            framing = .noBody
        } else if let coding = fields["Transfer-Encoding"] {
            // It beats a length beside it; with one answer per connection nothing can hide there.
            guard coding.isEqualIgnoringCase("chunked") else { throw .transferEncoding }
            framing = .chunked
            state = .chunkSize
        } else if let length = try Self.contentLength(fields) {
            guard length <= bodyLimit else { throw .bodyTooLong }
            framing = .contentLength
            state = .body(remaining: length)
        } else {
            framing = .untilClose
            state = .untilClose
        }
        response = HTTPResponse(status: status, fields: fields, framing: framing)
        if framing == .noBody { finish() }
    }

    /// Moves up to `count` bytes into the body.
    ///
    /// - Returns: how many are still missing; `nil` when there were none to move.
    private mutating func takeBody(
        _ count: Int, from rest: inout ArraySlice<UInt8>
    ) throws(HTTPMessageError) -> Int? {
        guard !rest.isEmpty || count == 0 else { return nil }
        let piece = rest.prefix(count)
        guard (response?.body.count ?? 0) + piece.count <= bodyLimit else { throw .bodyTooLong }
        response?.body += piece
        rest = rest.dropFirst(piece.count)
        return count - piece.count
    }

    private func takeLine(
        _ rest: inout ArraySlice<UInt8>, limit: Int
    ) throws(HTTPMessageError) -> ArraySlice<UInt8>? {
        if let line = rest.takeLine() {
            guard line.count <= limit else { throw .chunk }
            return line
        }
        guard rest.count <= limit else { throw .chunk }
        return nil
    }

    private static func contentLength(_ fields: HTTPFields) throws(HTTPMessageError) -> Int? {
        let values = Set(fields.values(of: "Content-Length"))
        guard let text = values.first else { return nil }
        // The same length twice is harmless; ten digits are more than any limit here.
        guard values.count == 1, (1...10).contains(text.utf8.count),
            text.utf8.allSatisfy(\.isDigit),
            let length = Int(text)
        else { throw .contentLength }
        return length
    }

    private static func chunkSize(_ line: ArraySlice<UInt8>) throws(HTTPMessageError) -> Int {
        let digits = String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)[...]
            .trimmingBlanks()
        guard (1...8).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ $0.hexadecimalValue != nil }),
            let size = Int(digits, radix: 16)
        else { throw .chunk }
        return size
    }
}

extension UInt8 {
    /// Whether this is one of the ASCII digits.
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
