/// An answer before it is put on the wire.
struct HTTPAnswer: Sendable {
    var status = 200
    var body: String
    var contentType = "text/xml; charset=\"utf-8\""
    /// Where the client is sent to, as a fault.
    var location: String?

    /// A page for people, as web interfaces answer what they do not understand.
    static func page(_ status: Int) -> HTTPAnswer {
        HTTPAnswer(
            status: status,
            body: "<!DOCTYPE html><html><body><h1>\(reason(status))</h1></body></html>",
            contentType: "text/html")
    }

    /// The answer with half of its body, as if all of it were there.
    var cut: HTTPAnswer {
        var answer = self
        answer.body = String(body.prefix(body.count / 2))
        return answer
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 200: "OK"
        case 302: "Found"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 404: "Not Found"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 505: "HTTP Version Not Supported"
        default: "Whatever"
        }
    }

    /// The bytes on the wire, as `framing` wants them.
    func encoded(_ framing: UPnPFaults.Framing, version: String) -> [UInt8] {
        let body = Array(self.body.utf8)
        let isBare = framing == .bareLines
        var lines = [
            isBare ? "\(version) \(status)" : "\(version) \(status) \(Self.reason(status))"
        ]
        lines.append("Content-Type: \(contentType)")
        lines.append("Server: Linux UPnP/1.1 gateway-simulator/1")
        lines.append("Ext:")
        if let location { lines.append("Location: \(location)") }
        switch framing {
        case .contentLength, .continueFirst, .bareLines:
            lines.append("Content-Length: \(body.count)")
        case .tooLong: lines.append("Content-Length: \(body.count + 10)")
        case .twoLengths:
            lines += ["Content-Length: \(body.count)", "Content-Length: \(body.count + 1)"]
        case .chunked: lines.append("Transfer-Encoding: chunked")
        case .untilClose, .stalled, .endless, .silent: break
        }
        lines.append("Connection: close")
        let end = isBare ? "\n" : "\r\n"
        let head = lines.map { $0 + end }.joined() + end
        let interim = framing == .continueFirst ? "\(version) 100 Continue\r\n\r\n" : ""
        return Array((interim + head).utf8) + (framing == .chunked ? Self.chunks(of: body) : body)
    }

    /// The body in pieces of odd sizes, with an extension and a trailer.
    private static func chunks(of body: [UInt8]) -> [UInt8] {
        var rest = body[...]
        var chunks: [UInt8] = []
        var size = 1
        while !rest.isEmpty {
            let piece = rest.prefix(size)
            chunks += Array("\(String(piece.count, radix: 16));odd=1\r\n".utf8) + piece + [13, 10]
            rest = rest.dropFirst(size)
            size = size * 3 + 1
        }
        return chunks + Array("0\r\nTrailer: none\r\n\r\n".utf8)
    }
}
