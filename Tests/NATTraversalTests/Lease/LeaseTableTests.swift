import Testing

@testable import NATTraversal

@Suite("Lease table") struct LeaseTableTests {
    static func table(_ leases: [Lease]) -> LeaseTable {
        leases.reduce(into: LeaseTable()) { table, lease in table[lease.key] = lease }
    }

    @Test("a lease goes through the file unchanged, whatever is unknown of it")
    func roundTrip() throws {
        let leases = [
            try Lease.sample(),
            try Lease.sample {
                $0.key.transport = .udp
                $0.state = .asked
                $0.technique = .natPMP
                $0.nonce = nil
                $0.externalAddress = nil
                $0.lifetimeSeconds = nil
                $0.expiry = nil
                $0.description = "quotes \" and \u{1B}[31m and ü"
                $0.isThirdParty = true
                $0.remoteHost = .v4(IPv4Address(rawValue: 0xCB00_7109))
            },
            try Lease.sample {
                $0.key.gateway = "[fe80::1%2]:15351"
                $0.key.internalAddress = .v6(IPv6Address(rawValue: 1))
                $0.lifetimeSeconds = .max
                $0.expiry = $0.created.advanced(bySeconds: .max)
                $0.unknownMembers = ["later": ["nested": [1, .number(2.5), nil, true]]]
            },
        ]
        let table = Self.table(leases)
        let again = try LeaseTable(parsing: table.encoded)
        #expect(again.leases == leases)
        #expect(again.encoded == table.encoded)
    }

    @Test("what a later natctl wrote is written back as it was")
    func keepsUnknown() throws {
        let foreign = #"{"gateway":"192.168.77.1","kind":"pinhole"}"#
        let table = try LeaseTable(
            parsing: Array(#"{"leases":[\#(foreign)],"more":{"a":1},"version":1}"#.utf8))
        #expect(table.leases.isEmpty)
        #expect(
            String(decoding: table.encoded, as: UTF8.self)
                == #"{"leases":[\#(foreign)],"more":{"a":1},"version":1}"# + "\n")
    }

    @Test("a file that is torn, wherever, is damaged")
    func refusesTorn() throws {
        let whole = Self.table([try .sample()]).encoded.dropLast()
        _ = try LeaseTable(parsing: Array(whole))
        for length in whole.indices {
            #expect(throws: LeaseFileProblem.damaged, "\(length) bytes") {
                try LeaseTable(parsing: Array(whole.prefix(length)))
            }
        }
    }

    @Test(
        "a file that is something else is damaged",
        arguments: [
            "", "\n", "null", "[]", "{}", #"{"leases":1}"#, #"{"leases":{}}"#, "\u{0}\u{0}",
            "<xml/>", #"{"leases":[]} {"leases":[]}"#, #"{"leases":[1e999]}"#,
            String(repeating: "[", count: 100_000),
        ])
    func refusesForeign(text: String) {
        #expect(throws: LeaseFileProblem.damaged) { try LeaseTable(parsing: Array(text.utf8)) }
    }

    @Test("bytes that are no text are damaged")
    func refusesInvalidText() {
        #expect(throws: LeaseFileProblem.damaged) {
            try LeaseTable(
                parsing: Array("{\"leases\":[\"".utf8) + [0xFF, 0xFE] + Array("\"]}".utf8))
        }
    }

    @Test(
        "a record with something else in a place that counts is no lease, and is kept (T-12)",
        arguments: [
            ("internalPort", 0 as JSONValue), ("internalPort", 65536), ("internalPort", -1),
            ("internalPort", "8080"), ("externalPort", nil), ("externalPort", 0),
            ("transport", "sctp"), ("technique", "stun"), ("state", "lost"),
            ("internalAddress", "router.local"), ("created", "yesterday"), ("gateway", 1),
        ])
    func keepsOddRecords(member: String, value: JSONValue) throws {
        var record = try #require(try Lease.sample().document.object)
        record[member] = value
        #expect(Lease(.object(record)) == nil)
        let document = JSONValue.object(["leases": [.object(record)]])
        let table = try LeaseTable(parsing: Array(document.text.utf8))
        #expect(table.leases.isEmpty)
        let kept = try JSONValue(parsing: table.encoded).object?["leases"]
        #expect(kept == [.object(record)])
    }

    @Test("an expiry is the end: a lease lives until then, and a permanent one for ever")
    func expires() throws {
        let lease = try Lease.sample()
        let expiry = try #require(lease.expiry)
        #expect(lease.isLive(at: Timestamp(secondsSince1970: expiry.secondsSince1970 - 1)))
        #expect(!lease.isLive(at: expiry))
        #expect(try Lease.sample { $0.expiry = nil }.isLive(at: expiry))
        var table = Self.table([lease])
        table.dropExpired(at: expiry)
        #expect(table == LeaseTable())
    }

    @Test("removing one leaves the others to be found")
    func removes() throws {
        var leases: [Lease] = []
        for port: UInt16 in 8001...8005 {
            leases.append(try .sample { $0.key.internalPort = try TestPort.number(port) })
        }
        var table = Self.table(leases)
        table[leases[1].key] = nil
        table.remove([leases[3].key])
        #expect(table.leases == [leases[0], leases[2], leases[4]])
        for lease in leases { #expect((table[lease.key] == nil) == !table.leases.contains(lease)) }
    }
}
