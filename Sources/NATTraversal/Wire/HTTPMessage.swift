/// A request as it is sent (RFC 9112), to a server that may be very small.
///
/// The fields stand in one order, because a router reads the action from a fixed place (H-3), and
/// there is nothing that a small server could stumble over: no Expect, no Accept-Encoding, no name
/// or version of ours (H-8, T-13).
struct HTTPRequest: Hashable, Sendable {
    /// The version of the request line; some servers know only the older one (H-5).
    enum Version: String, Sendable {
        case http10 = "HTTP/1.0"
        case http11 = "HTTP/1.1"
    }

    /// A call of an action, in place of a plain GET.
    struct Call: Hashable, Sendable {
        /// The value of SOAPACTION, quotes included (H-2).
        var soapAction: String
        var body: [UInt8]
    }

    var url: HTTPURL
    var call: Call?
    var version = Version.http11
    /// Whether another request goes to the same server next, so that its connection may be opened
    /// while this one's answer is awaited.
    var isFollowed = false

    /// The bytes, head and body in one piece.
    var encoded: [UInt8] {
        var lines = [
            "\(call == nil ? "GET" : "POST") \(url.target) \(version.rawValue)",
            "Host: \(url.authority)",
        ]
        if let call {
            lines += [
                "Content-Type: text/xml; charset=\"utf-8\"",
                "Content-Length: \(call.body.count)",
                // In capitals: a Linksys WRT120N answers any other spelling with an error (H-1).
                "SOAPACTION: \(call.soapAction)",
            ]
        }
        if version == .http11 { lines.append("Connection: close") }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + (call?.body ?? [])
    }
}

/// An answer as it was read.
struct HTTPResponse: Hashable, Sendable {
    /// How the end of the body is known (RFC 9112, section 6.3).
    enum Framing: String, Sendable {
        case contentLength = "content-length"
        case chunked
        case untilClose = "until-close"
        /// The status says that there is none.
        case noBody = "no-body"
    }

    /// From 200 to 999; those from 100 to 199 are skipped.
    var status: Int
    var fields: HTTPFields
    var framing: Framing
    var body: [UInt8] = []
    /// Whether the body is as long as it was announced; else it holds what came (H-6).
    var isComplete = false
}

/// Why bytes are no answer that can be used.
enum HTTPMessageError: Error, Hashable, Sendable {
    /// The peer closed the connection before the first byte.
    case nothing
    /// It closed it before the head was complete.
    case headCutShort
    /// The first line is no status line of HTTP/1.
    case statusLine
    /// The head, or what follows the last chunk, exceeds its limit.
    case headTooLong
    /// More than three interim answers came.
    case tooManyInterimResponses
    /// Content-Length is no number, or there are several different ones.
    case contentLength
    /// The transfer coding is another than `chunked`.
    case transferEncoding
    /// The size of a chunk is no number, or what follows the chunk is not a line's end.
    case chunk
    /// The body is coded, though no coding was offered.
    case contentEncoding
    /// The body, or all that was sent around it, exceeds its limit.
    case bodyTooLong
}
