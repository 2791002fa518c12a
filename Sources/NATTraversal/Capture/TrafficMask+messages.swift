import NATTraversalSupport

extension TrafficMask {
    /// Masks a message of HTTP or SSDP, or the beginning of one: its heads, each with its fields,
    /// and the document behind them.
    mutating func message(_ message: [UInt8]) -> [UInt8] {
        let parts = MessageParts(message)
        var mask: [UInt8] = []
        for range in parts.heads { mask += head(message[range]) }
        mask += message[mask.count...]
        let document = self.document(parts.document.map { message[$0] })
        for (place, byte) in zip(parts.document, document) { mask[place] = byte }
        return mask
    }

    private mutating func head(_ head: ArraySlice<UInt8>) -> [UInt8] {
        var mask: [UInt8] = []
        for line in head.linesWithEnds {
            let colon = line.firstIndex(of: UInt8(ascii: ":"))
            let name = colon.map { String(decoding: line[..<$0], as: UTF8.self)[...] }
                .map { $0.trimmingBlanks().lowercased() }
            guard let colon, let name, !mask.isEmpty else {
                // The first line, and what is no field.
                mask += patterns(line)
                continue
            }
            let value = line[(colon + 1)...]
            mask += line[...colon]
            mask +=
                Self.knownFields.contains(name)
                ? patterns(value, isProduct: name == "server") : text(Array(value))
        }
        return mask
    }

    /// The fields that natctl reads or a specification defines; any other's value is masked.
    private static let knownFields: Set = [
        "01-nls", "allow", "bootid.upnp.org", "cache-control", "configid.upnp.org", "connection",
        "content-encoding", "content-length", "content-type", "date", "expires", "ext", "host",
        "keep-alive", "location", "man", "mx", "nextbootid.upnp.org", "nt", "nts", "opt", "pragma",
        "retry-after", "searchport.upnp.org", "server", "soapaction", "st", "trailer",
        "transfer-encoding", "usn",
    ]
}

/// Where the heads and the document of a message are.
package struct MessageParts: Sendable {
    /// One for each interim response, and the last.
    package private(set) var heads: [Range<Int>] = []
    /// The places of the document's bytes: all behind the heads, or what chunks hold.
    package private(set) var document: [Int] = []
    /// Whether the document is in chunks.
    package private(set) var isChunked = false

    /// Reads any bytes.
    package init(_ message: [UInt8]) {
        var rest = message[...]
        repeat {
            let head = rest[..<rest.endOfHead]
            heads.append(head.indices)
            isChunked = head.isChunkedHead
            rest = rest[head.endIndex...]
        } while rest.starts(with: "HTTP/".utf8)
        document = isChunked ? rest.placesOfChunks : Array(rest.indices)
    }
}

extension ArraySlice<UInt8> {
    /// Where a head ends: behind its first empty line, or at the end.
    fileprivate var endOfHead: Int {
        var start = startIndex
        while let lineEnd = self[start...].firstIndex(of: 0x0A) {
            let line = self[start..<lineEnd]
            if line.allSatisfy({ $0 == 0x0D }) { return lineEnd + 1 }
            start = lineEnd + 1
        }
        return endIndex
    }

    /// The lines, each with its end.
    fileprivate var linesWithEnds: [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var rest = self
        while let end = rest.firstIndex(of: 0x0A) {
            lines.append(rest[...end])
            rest = rest[(end + 1)...]
        }
        return rest.isEmpty ? lines : lines + [rest]
    }

    fileprivate var isChunkedHead: Bool {
        linesWithEnds.contains { line in
            let text = String(decoding: line, as: UTF8.self).lowercased()
            return text.hasPrefix("transfer-encoding:") && text.firstPlace(of: "chunked") != nil
        }
    }

    /// Where the bytes of a chunked body are that belong to its document; after a chunk that
    /// cannot be read everything does.
    fileprivate var placesOfChunks: [Int] {
        var places: [Int] = []
        var start = startIndex
        while let lineEnd = self[start...].firstIndex(of: 0x0A) {
            let digits = self[start..<lineEnd].prefix { $0.hexadecimalValue != nil }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16),
                size <= endIndex
            else { break }
            // The trailers are no document, but hold no more than fields.
            if size == 0 { return places }
            let end = Swift.min(lineEnd + 1 + size, endIndex)
            places += lineEnd + 1..<end
            start = Swift.min(end + 2, endIndex)
        }
        return places + Array(start..<endIndex)
    }
}
