import NATTraversal

/// How a port of a recorded router answers datagrams: the questions that were asked there, each with
/// what came of it.
///
/// Pure; it is asked in the order of the questions.
struct DatagramScript: Sendable {
    /// The part of a question that identifies it, so that the same question of another run is
    /// recognized.
    enum Question: Hashable, Sendable {
        /// By the target of the search.
        case search(String)
        /// By opcode, and whether a mapping is deleted; nonces and ports differ from run to run.
        case packet(version: UInt8, opcode: UInt8, isDelete: Bool)
        case other([UInt8])

        init(_ datagram: [UInt8]) {
            if let head = try? HTTPRequest(head: datagram), let target = head.value(of: "st") {
                self = .search(target)
            } else if datagram.count >= 2, datagram[0] < 0x20 {
                let lifetime = datagram[0] == 0 ? 8..<12 : 4..<8
                let isDelete =
                    datagram.count >= lifetime.upperBound
                    && datagram[lifetime].allSatisfy { $0 == 0 }
                self = .packet(version: datagram[0], opcode: datagram[1], isDelete: isDelete)
            } else {
                self = .other(datagram)
            }
        }
    }

    struct Answer: Hashable, Sendable {
        /// After the question.
        var delay: Duration
        /// The host that answered.
        var source: SocketAddress?
        var bytes: [UInt8]
    }

    /// A question and what came of it; nothing is silence.
    struct Exchange: Hashable, Sendable {
        var question: Question
        var bytes: [UInt8]
        var answers: [Answer] = []
        /// Whether ICMP called the port closed.
        var isRefused = false
    }

    /// The exchanges of each socket that asked.
    private(set) var sockets: [[Exchange]] = []
    private var clients: [SocketAddress: [Question: Int]] = [:]
    private static let clientLimit = 1024

    /// Whether the port was closed whenever it was asked.
    var isClosed: Bool {
        let exchanges = sockets.joined()
        return exchanges.contains(where: \.isRefused)
            && exchanges.allSatisfy { $0.answers.isEmpty }
    }

    /// Adds what a socket has asked.
    mutating func add(_ conversation: Conversation) {
        var exchanges: [(exchange: Exchange, time: Duration)] = []
        for event in conversation.events {
            switch event.kind {
            case .sent(let bytes, _):
                let question = Question(bytes)
                // A search asks the group and the gateway at the same moment.
                let isTwin = exchanges.last.map {
                    if case .search = question {
                        $0.exchange.question == question && event.time - $0.time < .milliseconds(5)
                    } else {
                        false
                    }
                }
                if isTwin == true { continue }
                exchanges.append((Exchange(question: question, bytes: bytes), event.time))
            case .received(let bytes, let source):
                let index =
                    exchanges.lastIndex { Self.answers(bytes, $0.exchange.question) }
                    ?? exchanges.indices.last
                guard let index else { continue }
                exchanges[index].exchange.answers.append(
                    Answer(delay: event.time - exchanges[index].time, source: source, bytes: bytes))
            case .failed:
                if let last = exchanges.indices.last { exchanges[last].exchange.isRefused = true }
            case .connected, .closed: break
            }
        }
        sockets.append(exchanges.map(\.exchange))
    }

    /// Whether a datagram looks like an answer to a question.
    private static func answers(_ datagram: [UInt8], _ question: Question) -> Bool {
        switch question {
        case .search(let target):
            // Read loosely: the bare line ends of a sloppy router are no obstacle.
            String(decoding: datagram, as: UTF8.self).split(whereSeparator: \.isNewline)
                .contains { line in
                    line.lowercased().hasPrefix("st:") && line.dropFirst(3).hasSuffix(target)
                }
        case .packet(_, let opcode, _):
            datagram.count >= 2 && datagram[1] & 0x7F == opcode & 0x7F
        case .other: false
        }
    }

    /// Answers a question: each repetition by the same client gets the answer that was recorded for
    /// it, and one more than was recorded gets the last.
    ///
    /// - Returns: `nil` for silence.
    mutating func exchange(for datagram: [UInt8], from client: SocketAddress) -> Exchange? {
        let question = Question(datagram)
        let asked = sockets.map { $0.filter { $0.question == question } }.filter { !$0.isEmpty }
        let isAnswered = { (exchanges: [Exchange]) in
            exchanges.contains { !$0.answers.isEmpty }
        }
        guard let exchanges = asked.first(where: isAnswered) ?? asked.first else { return nil }
        if clients.count >= Self.clientLimit { clients = [:] }
        let number = clients[client, default: [:]][question, default: 0]
        clients[client, default: [:]][question] = number + 1
        return number < exchanges.count
            ? exchanges[number] : exchanges.last { !$0.answers.isEmpty }
    }
}

extension DatagramScript.Exchange {
    /// An answer as it would have come to another question of this kind: with its nonce and its
    /// internal port, where the recorded ones agreed.
    func adapted(_ answer: [UInt8], to datagram: [UInt8]) -> [UInt8] {
        // RFC 6887, section 11.1; RFC 6886, section 3.3
        let fields: [(asked: Range<Int>, answered: Range<Int>)] =
            switch question {
            case .packet(2, 1...2, _): [(24..<36, 24..<36), (40..<42, 40..<42)]
            case .packet(0, 1...2, _): [(4..<6, 8..<10)]
            default: []
            }
        var adapted = answer
        for field in fields
        where datagram.count >= field.asked.upperBound && bytes.count >= field.asked.upperBound
            && answer.count >= field.answered.upperBound
            && answer[field.answered] == bytes[field.asked]
        {
            adapted.replaceSubrange(field.answered, with: datagram[field.asked])
        }
        return adapted
    }
}
