import FoundationEssentials
@testable import NATTraversal
@testable import NATTraversalSupport

extension Property {
    /// A document is written as it was read, and JSONDecoder reads nothing else in it.
    static let json = Property(
        "json", sizeLimit: 4096, fixtures: ["fuzz/lease-file", "fuzz/gateways"]
    ) { bytes in
        guard let value = try? JSONValue(parsing: bytes) else { return }
        let written = Array(value.text.utf8)
        try require(try JSONValue(parsing: written) == value, "\(value) is written differently")
        // It refuses numbers next to 0 that ours takes for 0.
        guard let decoded = try? JSONDecoder().decode(Decoded.self, from: Data(bytes)).value else {
            return
        }
        try require(value.isLike(decoded), "JSONDecoder reads \(decoded)")
    }

    /// A document as JSONDecoder reads it.
    private struct Decoded: Decodable {
        var value: JSONValue

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                value = .null
            } else if let string = try? container.decode(String.self) {
                value = .string(string)
            } else if let integer = try? container.decode(Int64.self) {
                value = .integer(integer)
            } else if let members = try? container.decode([String: Decoded].self) {
                value = .object(members.mapValues { $0.value })
            } else if let elements = try? container.decode([Decoded].self) {
                value = .array(elements.map { $0.value })
            } else if let flag = try? container.decode(Bool.self) {
                value = .bool(flag)
            } else if let integer = try? container.decode(Int128.self) {
                value = .wideInteger(integer)
            } else {
                value = .number(try container.decode(Double.self))
            }
        }
    }

    /// Whatever stands in the kernel's messages, they are read within their bounds.
    static let netlink = Property("netlink", sizeLimit: 4096) { bytes in
        if let messages = try? NetlinkMessage.all(in: bytes) {
            let sizes = messages.map { $0.body.count + 16 }
            try require(sizes.reduce(0, +) <= bytes.count, "messages of \(sizes) bytes")
            for message in messages {
                if let route = try? DefaultRoute(parsing: message) {
                    try require(
                        !route.hops.isEmpty && route.hops.allSatisfy { $0.interfaceIndex != 0 },
                        "\(route) leads nowhere")
                }
                if let address = try? InterfaceAddress(parsing: message) {
                    try require(address.peer != address.address, "\(address) is its own peer")
                }
                if let link = try? InterfaceLink(parsing: message) {
                    try require(!link.name.isEmpty, "an interface without a name")
                }
            }
            guard let first = messages.first else { return }
            var answer = NetlinkAnswer(to: first.sequence, port: first.port) {
                message throws(WireError) in try DefaultRoute(parsing: message)
            }
            for _ in 0..<2 { try? answer.take(bytes) }
            try require(answer.elements.count <= 2 * messages.count, "too many routes")
        }
    }

    /// Whatever stands in the kernel's text files, they are read line by line.
    static let procFiles = Property("proc-files", sizeLimit: 4096) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        for routes in [
            DefaultRoute.parse(procIPv4: text) { $0.isEmpty ? nil : 2 },
            DefaultRoute.parse(procIPv6: text) { $0.isEmpty ? nil : 2 },
        ] {
            try require(routes.allSatisfy { $0.hops.count == 1 }, "\(routes)")
        }
        _ = ProcessStatus(parsing: text)
    }

    /// The lease file reads back as it was written, at whatever time, and nothing in it traps.
    static let leaseFile = Property("lease-file", sizeLimit: 4096) { bytes in
        var table: LeaseTable
        do throws(LeaseFileProblem) { table = try LeaseTable(parsing: bytes) } catch {
            try require([.damaged, .laterVersion].contains(error), "\(error)")
            return
        }
        let written = table.encode()
        var again = try LeaseTable(parsing: written)
        try require(again == table, "the table is read as another one")
        try require(again.encode() == written, "the table is written differently")
        let document = try JSONValue(parsing: written).text + "\n"
        try require(Array(document.utf8) == written, "its members are not in order")
        for seconds: Int64 in [0, 1_700_000_000, 1_800_000_000, 253_402_300_799] {
            let now = Timestamp(secondsSince1970: seconds)
            var later = table
            later.removeDeadHolders { $0.processID.isMultiple(of: 2) }
            later.setAsideExpired(at: now)
            let reread = try LeaseTable(parsing: later.encode())
            try require(reread == later, "a change is not written")
            let live = later.live(at: now)
            try require(
                Set(live.map(\.key)).count == live.count, "two leases of one port are live")
            for lease in live {
                let mapping = lease.mapping(at: now)
                try require(mapping.lifetime.map { $0 >= .zero } ?? true, "\(mapping)")
                _ = later.expired(lease.key)
            }
            let settled = later
            later.setAsideExpired(at: now)
            try require(later == settled, "settling twice changes something")
        }
    }

    /// What is remembered of a gateway is on the gateway itself, and neither old nor of the future.
    static let gatewayMemory = Property("gateways", sizeLimit: 4096) { bytes in
        let now = Timestamp(secondsSince1970: 1_795_374_600)  // 2026-11-22T19:10:00Z
        let isBelieved = { (instant: Timestamp) in
            instant <= now && now < instant.advanced(bySeconds: GatewayMemory.lifetime)
        }
        let records = GatewayMemory.records(parsing: bytes, at: now)
        try require(records.count <= GatewayMemory.countLimit, "\(records.count) gateways")
        for record in records {
            try require(record.location.host == record.gateway.address, "\(record) is elsewhere")
            try require(isBelieved(record.foundAt), "\(record) is of another day")
            try require(record.silentAt.map(isBelieved) ?? true, "\(record) was not silent")
            try check(record.location)
            _ = record.summary
        }
    }
}

extension JSONValue {
    /// Whether both are the same but for the type of a number and its last digits: of one with a
    /// point or an exponent JSONDecoder makes an integer that has more digits than a Double.
    fileprivate func isLike(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.array(let first), .array(let second)):
            first.count == second.count && zip(first, second).allSatisfy { $0.isLike($1) }
        case (.object(let first), .object(let second)):
            first.count == second.count
                && first.allSatisfy { key, value in second[key].map(value.isLike) == true }
        default:
            if let first = approximate, let second = other.approximate {
                abs(first - second) <= abs(second) * 1e-15
            } else {
                self == other
            }
        }
    }

    private var approximate: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .wideInteger(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
