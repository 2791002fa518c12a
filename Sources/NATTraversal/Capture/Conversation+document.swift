import Glibc

/// Why a document is no recording.
package struct ConversationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The conversation, from 1.
    package var number: Int
    /// What is wrong with it.
    package var problem: String

    package var description: String { "conversation \(number): \(problem)" }
}

extension Conversation {
    /// The conversation as a report holds it.
    package var document: JSONValue {
        [
            "transport": .string(transport.rawValue), "peer": JSONValue(peer?.description),
            "startMilliseconds": .milliseconds(start), "omittedBytes": JSONValue(omittedBytes),
            "events": .array(events.map(\.document)),
        ]
    }

    /// Reads the conversations of a report.
    ///
    /// - Throws: `ConversationError`.
    package static func reading(
        _ documents: [JSONValue]
    ) throws(ConversationError) -> [Conversation] {
        var conversations: [Conversation] = []
        for document in documents {
            do throws(Malformed) { conversations.append(try Conversation(document)) } catch {
                throw ConversationError(
                    number: conversations.count + 1, problem: error.problem)
            }
        }
        return conversations
    }

    private init(_ document: JSONValue) throws(Malformed) {
        guard let members = document.object else { throw Malformed("not an object") }
        guard let transport = members["transport"]?.string.flatMap(Transport.init) else {
            throw Malformed("transport is neither udp nor tcp")
        }
        self.init(transport, start: try members.duration("startMilliseconds"))
        peer = try members.address("peer")
        omittedBytes = Int(clamping: max(0, members["omittedBytes"]?.integer ?? 0))
        guard let events = members["events"]?.array else { throw Malformed("events is no array") }
        for event in events {
            guard let members = event.object else { throw Malformed("an event is no object") }
            self.events.append(try Event(members))
        }
    }
}

/// What is wrong with a member of a conversation.
private struct Malformed: Error {
    var problem: String

    init(_ problem: String) { self.problem = problem }
}

extension Conversation.Event {
    fileprivate var document: JSONValue {
        var members: [String: JSONValue] = [
            "milliseconds": .milliseconds(time), "address": .null, "text": .null, "hex": .null,
            "error": .null,
        ]
        switch kind {
        case .connected: members["event"] = "connected"
        case .closed: members["event"] = "closed"
        case .failed(let code):
            members["event"] = "failed"
            members["error"] = .string(
                Self.errorNames.first { $0.code == code }?.name ?? String(code))
        case .sent(let bytes, let peer):
            members["event"] = "sent"
            members.set(bytes, peer)
        case .received(let bytes, let peer):
            members["event"] = "received"
            members.set(bytes, peer)
        }
        return .object(members)
    }

    fileprivate init(_ members: [String: JSONValue]) throws(Malformed) {
        time = try members.duration("milliseconds")
        switch members["event"]?.string {
        case "connected": kind = .connected
        case "closed": kind = .closed
        case "failed":
            let name = members["error"]?.string ?? ""
            guard let code = Self.errorNames.first(where: { $0.name == name })?.code ?? Int32(name)
            else { throw Malformed("error is no name or number of one") }
            kind = .failed(code)
        case "sent": kind = .sent(try members.bytes, to: try members.address("address"))
        case "received": kind = .received(try members.bytes, from: try members.address("address"))
        default:
            throw Malformed("event is none of connected, sent, received, failed and closed")
        }
    }

    private static let errorNames: [(name: String, code: Int32)] = [
        ("ECONNREFUSED", ECONNREFUSED), ("ECONNRESET", ECONNRESET), ("EHOSTUNREACH", EHOSTUNREACH),
        ("ENETUNREACH", ENETUNREACH), ("ENETDOWN", ENETDOWN), ("ETIMEDOUT", ETIMEDOUT),
        ("EACCES", EACCES), ("EPERM", EPERM), ("EPIPE", EPIPE),
    ]
}

extension JSONValue {
    /// A time in milliseconds, to a hundredth.
    fileprivate static func milliseconds(_ duration: Duration) -> JSONValue {
        .number((duration / .microseconds(10)).rounded() / 100)
    }
}

extension [String: JSONValue] {
    /// Sets the address and `text`, or `hex` where the bytes are no text or hold other controls
    /// than line ends.
    fileprivate mutating func set(_ bytes: [UInt8], _ peer: SocketAddress?) {
        self["address"] = JSONValue(peer?.description)
        let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || [9, 10, 13].contains($0) }
        if isPlain, !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) {
            self["text"] = .string(text)
        } else {
            self["hex"] = .string(bytes.hexadecimal)
        }
    }

    fileprivate var bytes: [UInt8] {
        get throws(Malformed) {
            if let text = self["text"]?.string { return Array(text.utf8) }
            guard let bytes = self["hex"]?.string.flatMap([UInt8].init(hexadecimal:)) else {
                throw Malformed("an event has neither text nor hex")
            }
            return bytes
        }
    }

    fileprivate func duration(_ name: String) throws(Malformed) -> Duration {
        let milliseconds: Double
        switch self[name] {
        case .integer(let value): milliseconds = Double(value)
        case .number(let value): milliseconds = value
        default: throw Malformed("\(name) is no number")
        }
        guard (0...86_400_000).contains(milliseconds) else {
            throw Malformed("\(name) is not from 0 to a day")
        }
        return .milliseconds(milliseconds)
    }

    fileprivate func address(_ name: String) throws(Malformed) -> SocketAddress? {
        switch self[name] {
        case nil, .null: return nil
        case .string(let text):
            if let address = SocketAddress(text) { return address }
            fallthrough
        default: throw Malformed("\(name) is no address with a port")
        }
    }
}

extension SocketAddress {
    /// Reads what `description` writes; the zone is a number.
    fileprivate init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        let host = text[..<colon].drop { $0 == "[" }.prefix { $0 != "]" }
        let parts = host.split(separator: "%", maxSplits: 1)
        guard let name = parts.first, let address = IPAddress(String(name)) else { return nil }
        self.init(
            address, port: port, scopeID: parts.count == 2 ? UInt32(parts[1]) ?? 0 : 0)
    }
}
