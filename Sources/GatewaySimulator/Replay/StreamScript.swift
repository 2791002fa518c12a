import NATTraversal

/// How a TCP port of a recorded router answers requests by HTTP.
///
/// Pure; it is asked in the order of the requests.
struct StreamScript: Sendable {
    /// What tells requests apart.
    struct Question: Hashable, Sendable {
        var method: String
        var target: String
        var soapAction: String?

        init(_ request: HTTPRequest) {
            (method, target) = (request.method, request.path)
            soapAction = request.value(of: "soapaction")
        }
    }

    /// How a connection ended.
    enum End: Hashable, Sendable {
        /// The router closed it.
        case closed
        case reset
        /// The client did not wait for the end.
        case open
    }

    /// Bytes that came together.
    struct Piece: Hashable, Sendable {
        /// After the request.
        var delay: Duration
        var bytes: [UInt8]
    }

    struct Answer: Hashable, Sendable {
        var pieces: [Piece] = []
        /// How many bytes followed that were not kept.
        var omittedBytes = 0
        var end = End.open
    }

    private var answers: [Question: [Answer]] = [:]
    private var counts: [Question: Int] = [:]
    private var refusals = 0
    private var connections = 0

    /// Whether whoever wanted to connect was refused.
    var isClosed: Bool { refusals > 0 && connections == 0 }

    /// Whether whoever wanted to connect heard nothing.
    var isDeaf: Bool { refusals == 0 && connections == 0 }

    /// Adds a connection.
    mutating func add(_ conversation: Conversation) {
        let request = try? HTTPRequest(head: conversation.sentBytes.head)
        var answer = Answer(omittedBytes: conversation.omittedBytes)
        var start = Duration.zero
        var isOpen = false
        for event in conversation.events {
            switch event.kind {
            case .connected: isOpen = true
            case .sent: start = event.time
            case .received(let bytes, _):
                answer.pieces.append(
                    Piece(delay: max(.zero, event.time - start), bytes: bytes))
            case .closed: answer.end = .closed
            case .failed: if isOpen { answer.end = .reset } else { refusals += 1 }
            }
        }
        if isOpen { connections += 1 }
        if let request { answers[Question(request), default: []].append(answer) }
    }

    /// What answers a request: the first one gets what the first one got, and so on; after the last
    /// one they begin anew, for the next run.
    ///
    /// - Returns: `nil` when nothing of the kind was asked.
    mutating func answer(to request: HTTPRequest) -> Answer? {
        let question = Question(request)
        guard let recorded = answers[question], !recorded.isEmpty else { return nil }
        defer { counts[question, default: 0] += 1 }
        return recorded[counts[question, default: 0] % recorded.count]
    }
}

extension StreamScript.Answer {
    /// The answer with its URLs in their new places, and its length to match.
    func rewritten(by hosts: ReplayHosts) -> Self {
        let whole = pieces.flatMap(\.bytes)
        let parts = MessageParts(whole)
        let document = parts.document.map { whole[$0] }
        let newDocument = hosts.rewritten(document)
        let oldHead = Array(whole[..<(parts.heads.last?.upperBound ?? 0)])
        let newHead = hosts.rewritten(oldHead)
        guard newHead != oldHead || newDocument != document else { return self }
        var copy = self
        let body =
            parts.isChunked && newDocument.count != document.count
            ? newDocument.chunk : newDocument.replacing(parts, of: whole)
        let rest =
            newHead.addingToLength(newDocument.count - document.count) + body
        // The pieces keep their times and sizes; the last one takes the difference.
        var left = rest[...]
        for index in copy.pieces.indices {
            let isLast = index == copy.pieces.count - 1
            let piece = isLast ? left : left.prefix(copy.pieces[index].bytes.count)
            copy.pieces[index].bytes = Array(piece)
            left = left.dropFirst(piece.count)
        }
        return copy
    }
}

extension [UInt8] {
    /// The head of a message that may have a body.
    fileprivate var head: ArraySlice<UInt8> {
        self[..<(firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? endIndex)]
    }

    /// The bytes as one chunk, with the end of all chunks.
    fileprivate var chunk: [UInt8] {
        Array("\(String(count, radix: 16))\r\n".utf8) + self + Array("\r\n0\r\n\r\n".utf8)
    }

    /// All that follows the heads of a message, with this document in place of its own.
    fileprivate func replacing(_ parts: MessageParts, of whole: [UInt8]) -> [UInt8] {
        guard parts.isChunked else { return self }
        var copy = whole
        for (place, byte) in zip(parts.document, self) { copy[place] = byte }
        return Array(copy[(parts.heads.last?.upperBound ?? 0)...])
    }

    /// The head with other numbers in its Content-Length.
    fileprivate func addingToLength(_ difference: Int) -> [UInt8] {
        guard difference != 0 else { return self }
        let lines = split(separator: 0x0A, omittingEmptySubsequences: false).map {
            line -> [UInt8] in
            let text = String(decoding: line, as: UTF8.self)
            guard let colon = text.firstIndex(of: ":"),
                text[..<colon].lowercased() == "content-length",
                let length = Int(text[text.index(after: colon)...].filter(\.isNumber))
            else { return Array(line) }
            let (sum, overflow) = length.addingReportingOverflow(difference)
            return overflow ? Array(line) : Array("\(text[...colon]) \(sum)\r".utf8)
        }
        return Array(lines.joined(separator: [0x0A]))
    }
}
