@testable import NATTraversal

extension Property {
    /// A NAT-PMP response reads as the bytes say, and answers only what was asked.
    static let natpmp = Property("nat-pmp", sizeLimit: 1200, fixtures: ["pxp"]) { bytes in
        if let response = try? NATPMPResponse(parsing: bytes) {
            let written = response.written(like: bytes)
            try require(bytes.starts(with: written), "\(response) is not what the bytes say")
            if response.result == .success {
                for length in written.indices {
                    let prefix = Array(bytes.prefix(length))
                    try require(
                        (try? NATPMPResponse(parsing: prefix)) == nil,
                        "a success of \(length) bytes is read")
                }
            }
        }
        let port = bytes.count >= 10 ? UInt16(bytes[8]) << 8 | UInt16(bytes[9]) : 8080
        for request in requests(port: port) {
            guard case .answer(let response) = NATPMPClient.judge(bytes, for: request),
                response.result == .success, bytes[0] == 0
            else { continue }
            switch (response.body, request) {
            case (.externalAddress, .externalAddress): break
            case (.mapping(let answered, _, _), .map(_, let asked, _, _)):
                try require(
                    answered == asked && response.opcode == request.opcode + 128,
                    "\(response) answers \(request)")
            default: throw Violation(description: "\(response) answers \(request)")
            }
        }
        if GatewayAnnouncement(parsing: bytes) == .natpmp {
            try require(bytes.count == 12 && bytes.starts(with: [0, 128]), "an announcement")
        }
    }

    private static func requests(port: UInt16) -> [NATPMPRequest] {
        [
            .externalAddress,
            .map(.tcp, internalPort: port, suggestedExternalPort: 0, lifetimeSeconds: 7200),
            .map(.udp, internalPort: port, suggestedExternalPort: 1, lifetimeSeconds: 0),
        ]
    }

    /// A PCP response reads as the bytes say, and without the request's nonce nothing is believed.
    static let pcp = Property("pcp", sizeLimit: 1200, fixtures: ["pxp"]) { bytes in
        if let response = try? PCPResponse(parsing: bytes) {
            try require(
                (24...1100).contains(bytes.count) && bytes.count.isMultiple(of: 4),
                "\(bytes.count) bytes are read")
            // Reserved bytes may be anything.
            let written = response.written(like: bytes)
            try require(bytes.starts(with: written), "\(response) is not what the bytes say")
        }
        let client = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D0A))
        for request in mapRequests(for: bytes).map({ $0.request(from: client) })
            + [PCPRequest(operation: .announce, clientAddress: client)]
        {
            for knowsPCP in [false, true] {
                let verdict = PCPAnswer.judge(bytes, for: request, knowsPCP: knowsPCP)
                try check(verdict, of: bytes, for: request, knowsPCP: knowsPCP)
            }
        }
        if GatewayAnnouncement(parsing: bytes) == .pcp {
            try require(bytes.starts(with: [2, 0x80]), "an announcement")
        }
    }

    private static func check(
        _ verdict: Verdict<PCPAnswer>, of bytes: [UInt8], for request: PCPRequest, knowsPCP: Bool
    ) throws {
        switch verdict {
        case .answer(.response(let response)):
            switch (response.operation, request.operation) {
            case (.announce, .announce): break
            case (.map(let answered), .map(let asked)):
                try require(
                    answered.nonce == asked.nonce
                        && answered.protocolNumber == asked.protocolNumber
                        && answered.internalPort == asked.internalPort,
                    "\(answered) answers \(asked)")
            default: throw Violation(description: "\(response) answers \(request)")
            }
        case .answer(.otherVersion(let version)):
            try require(version == bytes.first && version != 2, "version \(version)")
        case .answer(.natpmpAlone), .weakAnswer(.natpmpAlone):
            try require(!knowsPCP && bytes.starts(with: [0, 128]), "NAT-PMP alone")
        case .weakAnswer(let answer):
            try require(!answer.isGood, "a success without a nonce: \(answer)")
        case .mismatch: break
        }
    }

    /// The request that the bytes may answer, and one that they cannot.
    private static func mapRequests(for bytes: [UInt8]) -> [PCPMapRequest] {
        var other = [UInt8](repeating: 0xA5, count: 12)
        var requests: [PCPMapRequest] = []
        if bytes.count >= 42 {
            other = bytes[24..<36].map { $0 ^ 1 }
            requests = mapRequests(
                nonce: Array(bytes[24..<36]), tcp: bytes[36] == 6,
                port: UInt16(bytes[40]) << 8 | UInt16(bytes[41]))
        }
        return requests + mapRequests(nonce: other, tcp: true, port: 8080)
    }

    private static func mapRequests(nonce: [UInt8], tcp: Bool, port: UInt16) -> [PCPMapRequest] {
        var reader = ByteReader(nonce)
        guard let nonce = try? PCPNonce(parsing: &reader) else { return [] }
        return [
            PCPMapRequest(
                nonce: nonce, transport: tcp ? .tcp : .udp, internalPort: port,
                lifetimeSeconds: 7200)
        ]
    }

    /// A MAP request of any options fits into a datagram, and its options read back.
    static let pcpRequest = Property("pcp-request", sizeLimit: 4096) { bytes in
        var script = Script(bytes)
        let flags = script.byte()
        var reader = ByteReader(script.octets(12))
        let nonce = try PCPNonce(parsing: &reader)
        try require(PCPNonce(hexadecimal: nonce.hexadecimal) == nonce, "the nonce as text")
        let isIPv6 = flags & 1 != 0
        let address = { (octets: [UInt8]) in IPAddress(octets: octets) ?? .v4(.unspecified) }
        let client = address(script.octets(isIPv6 ? 16 : 4))
        var request = PCPMapRequest(
            nonce: nonce, transport: flags & 2 != 0 ? .tcp : .udp, internalPort: script.number(),
            externalPort: script.number(),
            lifetimeSeconds: flags & 4 != 0 ? 0 : UInt32(script.number()) + 1)
        if flags & 8 != 0 { request.thirdParty = address(script.octets(4)) }
        if flags & 16 != 0 { request.remoteHost = address(script.octets(16)) }
        request.clearsFilters = flags & 32 != 0
        request.prefersFailure = flags & 64 != 0
        if flags & 128 != 0 { request.description = script.text() }

        let encoded = request.request(from: client).encoded
        try require(encoded.count <= 1100, "a datagram of \(encoded.count) bytes")
        try require(encoded.count.isMultiple(of: 4), "\(encoded.count) bytes")
        let options = try options(encoded)
        let isDelete = request.lifetimeSeconds == 0
        var expected: [UInt8] = request.thirdParty == nil ? [] : [1]
        if !isDelete {
            if request.prefersFailure, request.externalPort != 0 { expected.append(2) }
            if request.clearsFilters { expected.append(3) }
            if request.remoteHost != nil { expected.append(3) }
            if request.description != nil { expected.append(128) }
        }
        try require(options.map(\.code) == expected, "options \(options)")
        if let data = options.first(where: { $0.code == 128 })?.data {
            let description = request.description ?? ""
            try require(
                description.utf8.starts(with: data)
                    && String(validating: data, as: UTF8.self) != nil,
                "a description cut within a character")
        }
    }

    private static func options(
        _ encoded: [UInt8]
    ) throws -> [(code: UInt8, data: [UInt8])] {
        var reader = ByteReader(encoded.dropFirst(60))
        var options: [(code: UInt8, data: [UInt8])] = []
        while reader.count > 0 {
            let code: UInt8 = try reader.read("code")
            _ = try reader.read(count: 1, "reserved")
            let length: UInt16 = try reader.read("length")
            options.append((code, Array(try reader.read(count: Int(length), "data"))))
            let padding = try reader.read(count: (4 - Int(length) % 4) % 4, "padding")
            try require(padding.allSatisfy { $0 == 0 }, "padding of \(padding)")
        }
        return options
    }
}

extension NATPMPResponse {
    /// The bytes that say this; where they say nothing to it, those of `original`.
    fileprivate func written(like original: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0, opcode]
        bytes.append(bigEndian: result.rawValue)
        if let epochSeconds {
            bytes.append(bigEndian: epochSeconds)
        } else {
            bytes += original.dropFirst(4).prefix(4)
        }
        switch body {
        case .externalAddress(let address): bytes += address.octets
        case .mapping(let internalPort, let externalPort, let lifetimeSeconds):
            bytes.append(bigEndian: internalPort)
            bytes.append(bigEndian: externalPort)
            bytes.append(bigEndian: lifetimeSeconds)
        case .failure(let internalPort):
            if let internalPort { bytes.append(bigEndian: internalPort) }
        }
        return bytes
    }
}

extension PCPResponse {
    /// The bytes that say this; those that say nothing are `original`'s.
    fileprivate func written(like original: [UInt8]) -> [UInt8] {
        let opcode: UInt8
        var data: [UInt8] = []
        switch operation {
        case .announce: opcode = 0
        case .map(let mapping):
            opcode = 1
            data = mapping.encoded
            data.replaceSubrange(13..<16, with: original[37..<40])
        case .headerOnly(let other): opcode = other
        }
        var bytes: [UInt8] = [2, 0x80 | opcode, original[2], result.rawValue]
        bytes.append(bigEndian: lifetimeSeconds)
        bytes.append(bigEndian: epochSeconds)
        return bytes + original[12..<24] + data
    }
}
