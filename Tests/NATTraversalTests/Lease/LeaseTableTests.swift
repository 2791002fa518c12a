import TestSupport
import Testing

@testable import NATTraversal

@Suite("Lease table") struct LeaseTableTests {
    static func table(_ leases: [Lease]) -> LeaseTable {
        leases.reduce(into: LeaseTable()) { table, lease in table[lease.key] = lease }
    }

    @Test("many leases are removed one by one in no time, and the others keep their order")
    func removesMany() throws {
        let leases = try (1...1500).map { port in
            try Lease.sample { $0.key.internalPort = try TestPort.number(port) }
        }
        func remove(_ leases: [Lease], from table: inout LeaseTable) -> Duration {
            processorTime {
                for lease in leases where lease.key.internalPort.rawValue % 500 != 0 {
                    table[lease.key] = nil
                }
            }
        }
        var (few, table) = (Self.table(Array(leases.prefix(150))), Self.table(leases))
        let short = remove(Array(leases.prefix(150)), from: &few)
        let long = remove(leases, from: &table)
        // A hundred times as long if one removal costs as much as there are leases.
        #expect(long < short * 40, "\(long), not \(short)")
        var left = [leases[499], leases[999], leases[1499]]
        #expect(table.leases == left)
        #expect(table == Self.table(left))
        #expect(Set([table, Self.table(left)]).count == 1)
        table.remove([left[1].key])
        left.append(left.remove(at: 1))
        table[left[2].key] = left[2]
        #expect(table.leases == left)
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
                $0.key.gateway = .test("[fe80::1%2]:15351")
                $0.key.internalAddress = .v6(IPv6Address(rawValue: 1))
                $0.lifetimeSeconds = .max
                $0.expiry = $0.created.advanced(bySeconds: .max)
                $0.holders = [LeaseHolderTests.holder(1), LeaseHolderTests.holder(2)]
                $0.unknownMembers = ["later": ["nested": [1, .number(2.5), nil, true]]]
            },
        ]
        let table = Self.table(leases)
        let again = try LeaseTable(parsing: table.written)
        #expect(again.leases == leases)
        #expect(again.written == table.written)
    }

    @Test("a record that was written before is written anew when its lease changes in any way")
    func writesChanges() throws {
        let (lease, other) = (try Lease.sample(), try Lease.sample { $0.key.transport = .udp })
        let holder = LeaseHolderTests.holder(1)
        var table = Self.table([lease, other])
        let changes: [(inout LeaseTable) throws -> Void] = [
            { $0.add(holder, to: other.key) },
            { $0[lease.key] = try .sample { $0.description = "other" } },
            { $0.setAsideExpired(at: try Self.moment(0)) },
            { $0.setAsideExpired(at: try Self.moment(-1)) },
            { _ = $0.remove(holder, from: [other.key]) },
            { $0[lease.key] = nil },
            { $0[lease.key] = lease },
            { $0.remove([other.key]) },
        ]
        for change in changes {
            let before = table.encode()
            try change(&table)
            #expect(table.written != before)
            #expect(try LeaseTable(parsing: table.encode()) == table)
        }
    }

    @Test("what a later natctl wrote is written back as it was")
    func keepsUnknown() throws {
        let foreign = #"{"gateway":"192.168.77.1","kind":"pinhole"}"#
        let table = try LeaseTable(
            parsing: Array(
                #"{"leases":[\#(foreign)],"more":{"a":1,"b":18446744073709551615},"version":1}"#
                    .utf8))
        #expect(table.leases.isEmpty)
        #expect(
            String(decoding: table.written, as: UTF8.self)
                == #"{"leases":[\#(foreign)],"more":{"a":1,"b":18446744073709551615},"version":1}"#
                + "\n")
    }

    @Test("a file that is torn, wherever, is damaged")
    func refusesTorn() throws {
        let whole = Self.table([try .sample()]).written.dropLast()
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
        let kept = try JSONValue(parsing: table.written).object?["leases"]
        #expect(kept == [.object(record)])
    }

    @Test("an expiry is the end: a lease lives until then, and a permanent one for ever")
    func expires() throws {
        let lease = try Lease.sample()
        let expiry = try #require(lease.expiry)
        #expect(lease.isLive(at: Timestamp(secondsSince1970: expiry.secondsSince1970 - 1)))
        #expect(!lease.isLive(at: expiry))
        #expect(try Lease.sample { $0.expiry = nil }.isLive(at: expiry))
    }

    @Test("what is left of a lease is never more than was granted, though the clock was set back")
    func remains() throws {
        let noon = try Lease.sample().created
        for (seconds, left) in [(0, 7200), (200, 7000), (7200, 0), (9000, 0), (-86400, 7200)] {
            let now = Timestamp(secondsSince1970: noon.secondsSince1970 + Int64(seconds))
            #expect(try Lease.sample().remainingSeconds(at: now) == Int64(left))
            let mapping = try Lease.sample().mapping(at: now)
            #expect(mapping.lifetime == .seconds(left))
            if seconds < 0 { #expect(mapping.expiry == now.advanced(bySeconds: 7200)) }
        }
        #expect(try Lease.sample { $0.expiry = nil }.remainingSeconds(at: noon) == nil)
        let extreme = Timestamp(secondsSince1970: .min)
        #expect(try Lease.sample().remainingSeconds(at: extreme) == 0)
    }

    /// A moment, counted from the expiry of the sample lease.
    static func moment(_ seconds: Int64) throws -> Timestamp {
        let expiry = try #require(try Lease.sample().expiry)
        return Timestamp(secondsSince1970: expiry.secondsSince1970 + seconds)
    }

    @Test(
        "an expired lease is kept for a day, apart from those that live",
        arguments: [
            // Each sets the clock to these moments in turn, and says where the lease is at the end.
            ([-1], .current), ([0], .expired), ([0, 86399], .expired), ([0, 86400], .gone),
            // A clock that was set forward by years, and then right.
            ([1_000_000_000], .expired), ([1_000_000_000, -1], .current),
            ([1_000_000_000, 1_000_086_400], .gone),
            // One that was set back only a little still ends the grace a day later.
            ([1_000_000_000, 10], .expired), ([1_000_000_000, 10, 86409], .expired),
            ([1_000_000_000, 10, 86410], .gone),
        ] as [([Int64], Place)])
    func setsAside(moments: [Int64], place: Place) throws {
        let key = try Lease.sample().key
        var table = Self.table([try .sample()])
        for moment in moments {
            table.setAsideExpired(at: try Self.moment(moment))
            // Each time another process reads the file.
            table = try LeaseTable(parsing: table.written)
        }
        let last = try Self.moment(try #require(moments.last))
        #expect((table[key] != nil) == (place == .current))
        #expect(table.leases.isEmpty == (place != .current))
        #expect(table.live(at: last).isEmpty == (place != .current))
        #expect((table.expired(key) != nil) == (place == .expired))
        #expect(table.expired(at: last).isEmpty == (place != .expired))
        if place == .current { #expect(table == Self.table([try .sample()])) }
    }

    enum Place { case current, expired, gone }

    @Test("reading alone sets nothing aside, and still tells what lives")
    func tellsWithoutSettingAside() throws {
        let lease = try Lease.sample()
        let read = Self.table([lease])
        #expect(read.live(at: try Self.moment(0)).isEmpty)
        #expect(read.expired(at: try Self.moment(0)) == [lease])
        var aside = read
        aside.setAsideExpired(at: try Self.moment(0))
        #expect(aside.live(at: try Self.moment(-1)).map(\.key) == [lease.key])
        #expect(aside.expired(at: try Self.moment(-1)).isEmpty)
    }

    @Test("an expired lease outlives the question for its port, and no answer to it")
    func forgetsAnswered() throws {
        let lease = try Lease.sample()
        var table = Self.table([lease])
        table.setAsideExpired(at: try Self.moment(0))
        let later = try Self.moment(7200)
        let intent = try Lease.sample {
            $0.state = .asked
            $0.expiry = later
        }
        table[lease.key] = intent
        table = try LeaseTable(parsing: table.written)
        #expect(table[lease.key] == intent)
        #expect(table.expired(lease.key)?.nonce == lease.nonce)
        let refused = table.with(lease.key, nil)
        let granted = table.with(lease.key, try .sample { $0.expiry = later })
        for answered in [refused, granted] { #expect(answered.expired(lease.key) == nil) }
        var removed = table
        removed.remove([lease.key])
        #expect(removed == LeaseTable())
        // The question ends as well, and is worth less than what was granted.
        table.setAsideExpired(at: later)
        #expect(table[lease.key] == nil)
        #expect(table.expired(lease.key)?.state == .granted)
    }

    @Test("an expired lease that lives again takes the place of a question that has ended, at once")
    func returns() throws {
        let lease = try Lease.sample()
        var table = Self.table([lease])
        table.setAsideExpired(at: try Self.moment(0))
        table[lease.key] = try .sample {
            $0.state = .asked
            $0.expiry = try Self.moment(-500)
        }
        // The clock was set back since.
        for _ in 1...2 {
            table.setAsideExpired(at: try Self.moment(-100))
            #expect(table[lease.key]?.state == .granted)
            #expect(table.expired(lease.key) == nil)
        }
    }

    @Test("a mapping is deleted by the last of its living holders")
    func countsHolders() throws {
        let (lease, other) = (try Lease.sample(), try Lease.sample { $0.key.transport = .udp })
        let (first, second) = (LeaseHolderTests.holder(1), LeaseHolderTests.holder(2))
        var table = Self.table([lease, other])
        table.add(first, to: lease.key)
        table.add(first, to: lease.key)
        table.add(second, to: lease.key)
        table.add(second, to: other.key)
        // What is granted again keeps its holders.
        table[lease.key] = lease
        table = try LeaseTable(parsing: table.written)
        #expect(table[lease.key]?.holders == [first, second])
        let keys: Set = [lease.key, other.key]
        var ended = table
        #expect(ended.remove(second, from: keys) == [other.key])
        #expect(ended.names(first, for: lease.key))
        #expect(!ended.names(second, for: lease.key))
        #expect(ended.remove(first, from: keys) == keys)
        // A dead holder holds nothing.
        table.removeDeadHolders { $0 != first }
        #expect(table.remove(second, from: keys) == keys)
        // Nor does anybody hold what was removed.
        table.remove(keys)
        #expect(table.remove(first, from: keys) == keys)
    }

    @Test("the holders of an expired lease stay with it, and with the grant that replaces it")
    func keepsHoldersOfExpired() throws {
        let lease = try Lease.sample()
        let holder = LeaseHolderTests.holder(1)
        var table = Self.table([lease])
        table.add(holder, to: lease.key)
        table.setAsideExpired(at: try Self.moment(0))
        #expect(table.names(holder, for: lease.key))
        var other = table
        #expect(other.remove(LeaseHolderTests.holder(2), from: [lease.key]) == [])
        table[lease.key] = lease
        #expect(table[lease.key]?.holders == [holder])
    }

    @Test(
        "a file of a later version is not read",
        arguments: ["2", "1.5", "1e30", "99999999999999999999"])
    func refusesLaterVersion(version: String) {
        for rest in [#""leases":[]"#, #""other":1"#] {
            #expect(throws: LeaseFileProblem.laterVersion) {
                try LeaseTable(parsing: Array("{\"version\":\(version),\(rest)}".utf8))
            }
        }
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

extension LeaseTable {
    /// The file's bytes, whatever was written before.
    fileprivate var written: [UInt8] {
        var table = self
        return table.encode()
    }

    fileprivate func with(_ key: Lease.Key, _ lease: Lease?) -> LeaseTable {
        var table = self
        table[key] = lease
        return table
    }
}
