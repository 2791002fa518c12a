import Testing

@testable import NATTraversal

@Suite("A gateway's table by UPnP") struct IGDTableTests {
    private let deadline = ContinuousClock.now + .seconds(60)

    private func key() throws -> PortMappingKey {
        PortMappingKey(transport: .tcp, externalPort: try TestPort.number(8080))
    }

    private func delete(
        _ gateway: ScriptedIGD, isRecorded: Bool = false
    ) async throws -> IGDConnection.Deletion {
        try await gateway.connection.delete(
            key(), client: #require(IPAddress("192.168.77.10")),
            internalPort: TestPort.number(8080), isRecorded: isRecorded, until: deadline)
    }

    @Test("deletes what leads to this port of this host, and nothing else (A-21)")
    func deletion() async throws {
        let gateway = ScriptedIGD(version: 1)
        #expect(try await delete(gateway) == .absent)
        gateway.state.withLock {
            $0.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080")
        }
        #expect(try await delete(gateway) == .deleted)
        #expect(gateway.state.withLock { $0.table.isEmpty })
        for entry in [
            ScriptedIGD.Entry(client: "192.168.77.99", port: "8080"),
            ScriptedIGD.Entry(client: "192.168.77.10", port: "9090"),
            ScriptedIGD.Entry(client: "nas.lan", port: "8080"),
        ] {
            gateway.state.withLock { $0.table["TCP 8080"] = entry }
            guard case .foreign = try await delete(gateway, isRecorded: true) else {
                Issue.record("deleted \(entry)")
                continue
            }
            #expect(gateway.state.withLock { $0.table["TCP 8080"] } == entry)
        }
    }

    @Test("sends a delete again that was not sent, and none that has worked without a word")
    func unopened() async throws {
        let entry = ScriptedIGD.Entry(client: "192.168.77.10", port: "8080")
        for (fault, deletes) in [
            (ScriptedIGD.Fault.failure(.unopened), 2), (.done(.failure(.timeout)), 1),
        ] {
            let gateway = ScriptedIGD(version: 1)
            gateway.state.withLock {
                $0.table["TCP 8080"] = entry
                $0.faults["DeletePortMapping"] = [fault]
            }
            #expect(try await delete(gateway) == .deleted)
            #expect(gateway.state.withLock { $0.table.isEmpty })
            #expect(gateway.actions.count { $0 == "DeletePortMapping" } == deletes)
        }
    }

    @Test("deletes unread only what is recorded")
    func unreadable() async throws {
        for isRecorded in [false, true] {
            let gateway = ScriptedIGD(version: 1)
            gateway.state.withLock {
                $0.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080")
                $0.faults["GetSpecificPortMappingEntry"] = [.code(501)]
            }
            let deletion = try? await delete(gateway, isRecorded: isRecorded)
            #expect(deletion == (isRecorded ? .deleted : nil))
        }
    }

    @Test(
        "is read entry by entry until the gateway says so in any way (A-20)",
        arguments: [
            713, 714, 402, 501, 600,
        ])
    func walk(end: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<1010)
        let (entries, tableEnd, skipped) = try await gateway.connection.entries(until: deadline)
        #expect(entries.map(\.externalPort) == Array(1000..<1010))
        #expect(entries.allSatisfy { $0.transport == .udp && $0.remainingSeconds == 7200 })
        #expect(tableEnd == .whole && skipped == 0)

        let empty = ScriptedIGD(version: 1)
        empty.state.withLock { $0.faults["GetGenericPortMappingEntry"] = [.code(end), .code(end)] }
        #expect(try await empty.connection.entries(until: deadline).entries.isEmpty)
    }

    @Test("begins at 1 on some gateways")
    func firstIndex() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<1002)
        gateway.state.withLock { $0.faults["GetGenericPortMappingEntry"] = [.code(713)] }
        #expect(try await gateway.connection.entries(until: deadline).entries.count == 1)
    }

    @Test("ends when an entry comes again, whatever is left of its lease (A-20)")
    func circles() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.isStuck = true }
        gateway.fill(1000..<1002)
        #expect(try await gateway.connection.entries(until: deadline).entries.count == 1)
        #expect(gateway.actions.count == 2)
    }

    @Test("ends at a thousand entries")
    func endless() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<2010)
        let (entries, end, _) = try await gateway.connection.entries(until: deadline)
        #expect(entries.count == 1000)
        #expect(end == .limit)
    }

    @Test(
        "tells a table that was not read to its end from a long one",
        arguments: [
            ScriptedIGD.Fault.failure(.timeout), .failure(.message(.nothing)), .code(606), .page,
        ])
    func brokenOff(fault: ScriptedIGD.Fault) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<1010)
        gateway.state.withLock { $0.end = (3, fault) }
        let (entries, end, _) = try await gateway.connection.entries(until: deadline)
        #expect(entries.count == 3)
        #expect(end == .brokenOff)
    }

    /// Descriptions that clients wrote and a gateway hands on as they are, and whether the row can be
    /// read.
    static let descriptions: [(String, isReadable: Bool)] = [
        ("Games & More", true), ("&nbsp;", true), ("&#0;", true), ("a < b", true), ("1<2", true),
        ("a &amp; b", true), ("\u{1}", true), ("<none>", true), ("</s:Body>", false),
        ("<s:Body>", false),
    ]

    @Test("is read past a row that cannot be read", arguments: descriptions, [0, 1, 2])
    func badRow(description: (text: String, isReadable: Bool), place: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<1003)
        gateway.state.withLock { $0.table["UDP \(1000 + place)"]?.description = description.text }
        let (entries, end, skipped) = try await gateway.connection.entries(until: deadline)
        let rest = (1000..<1003).filter { description.isReadable || $0 != 1000 + place }
        #expect(entries.map { Int($0.externalPort) } == rest)
        #expect(end == .whole)
        #expect(skipped == (description.isReadable ? 0 : 1))
    }

    @Test("is not read to a thousand rows of nonsense")
    func nonsense() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.fill(1000..<1100)
        gateway.state.withLock { state in
            for key in state.table.keys.sorted().dropFirst() {
                state.table[key]?.description = "</s:Body>"
            }
        }
        let (entries, end, skipped) = try await gateway.connection.entries(until: deadline)
        #expect(entries.count == 1)
        #expect(end == .brokenOff)
        #expect(skipped == 16)
    }

    @Test("counts the entries of a list that cannot be read")
    func badEntryOfList() throws {
        let entry = { (port: String) in
            """
            <PortMappingEntry><NewExternalPort>\(port)</NewExternalPort><NewProtocol>TCP\
            </NewProtocol><NewInternalPort>1</NewInternalPort><NewInternalClient>10.0.0.1\
            </NewInternalClient><NewDescription>a & b</NewDescription></PortMappingEntry>
            """
        }
        let listing = try PortMappingListing(
            parsing: "<l>\(entry("80"))\(entry("many"))\(entry("81"))</l>")
        #expect(listing.entries.map(\.externalPort) == [80, 81])
        #expect(listing.entries.map(\.description) == ["a & b", "a & b"])
        #expect(listing.skipped == 1)
    }

    @Test("a row with a bad description can be deleted")
    func deletesBadRow() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.table["TCP 8080"] = .init(
                client: "192.168.77.10", port: "8080", description: "Games & More")
        }
        #expect(try await delete(gateway) == .deleted)
    }

    @Test("is not to be had where the actions are missing", arguments: [401, 602, 606])
    func missing(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["GetGenericPortMappingEntry"] = [.code(code)] }
        await #expect(throws: UPnPFailure.fault(code: Int32(code), words: nil)) {
            _ = try await gateway.connection.entries(until: deadline)
        }
    }

    @Test(
        "is read as a list when it is short, and entry by entry when a list would kill the daemon")
    func lists() async throws {
        let gateway = ScriptedIGD(version: 2)
        _ = try await gateway.connection.entries(until: deadline)
        #expect(
            gateway.actions.prefix(2) == ["GetGenericPortMappingEntry", "GetListOfPortMappings"])
        gateway.state.withLock { $0.calls = [] }
        gateway.fill(1000..<1101)
        #expect(try await gateway.connection.entries(until: deadline).entries.count == 101)
        #expect(!gateway.actions.contains("GetListOfPortMappings"))
    }

    @Test("comes as a document inside a document (A-20)")
    func listing() throws {
        guard Corpus.isPresent else { return }
        let item = try Corpus.item("soap", "getlistofportmappings-escaped.xml")
        let facts: SOAPFacts = try item.expected()
        guard
            case .response(let response) = try SOAPAnswer(parsing: item.bytes, limits: .portListing)
        else {
            Issue.record("no response")
            return
        }
        let listing = try PortMappingListing(parsing: #require(response["NewPortListing"]))
        let expected = try #require(facts.entries)
        #expect(listing.entries.count == expected.count)
        for (entry, facts) in zip(listing.entries, expected) {
            #expect(entry.remoteHost ?? "" == facts["NewRemoteHost"])
            #expect(String(entry.externalPort) == facts["NewExternalPort"])
            #expect(entry.transport?.rawValue.uppercased() == facts["NewProtocol"])
            #expect(String(entry.internalPort) == facts["NewInternalPort"])
            #expect(entry.internalClient == facts["NewInternalClient"])
            #expect(entry.isEnabled == (facts["NewEnabled"] == "1"))
            #expect(entry.description == facts["NewDescription"])
            #expect(String(entry.remainingSeconds ?? 0) == facts["NewLeaseTime"])
        }
    }

    @Test("a list with a DOCTYPE or too many elements is refused (T-2)")
    func hostileListing() {
        for text in ["<!DOCTYPE a><a/>", "<a>" + String(repeating: "<b/>", count: 20_000) + "</a>"]
        {
            #expect(throws: UPnPFailure.result("NewPortListing")) {
                try PortMappingListing(parsing: text)
            }
        }
    }

    @Test("an entry may name any host in any way (A-11, A-19)")
    func entries() throws {
        let item = try Corpus.item("soap", "syn-generic-entry-remote-host-zero-and-host-name.xml")
        guard case .response(let response) = try SOAPAnswer(parsing: item.bytes, limits: .action)
        else {
            Issue.record("no response")
            return
        }
        let entry = try PortMappingEntry(response.results)
        #expect(entry.remoteHost == nil)
        #expect(entry.internalClient == "nas.lan")
        #expect(entry.remainingSeconds == nil)
        let client = try #require(IPAddress("192.168.77.10"))
        #expect(!entry.leads(to: client, port: try TestPort.number(8080)))
    }

    @Test(
        "a number out of its range is a missing result (T-12)", arguments: ["70000", "-1", "", "x"])
    func ranges(port: String) {
        let results = [
            UPnPArgument("NewExternalPort", port), UPnPArgument("NewProtocol", "TCP"),
            UPnPArgument("NewInternalPort", "1"), UPnPArgument("NewInternalClient", "10.0.0.1"),
        ]
        #expect(throws: UPnPFailure.result("NewExternalPort")) { try PortMappingEntry(results) }
    }
}

extension ScriptedIGD {
    /// Enters another host's mappings of these UDP ports.
    fileprivate func fill(_ ports: Range<Int>) {
        let entries = ports.map { ("UDP \($0)", Entry(client: "192.168.77.99", port: "\($0)")) }
        state.withLock { $0.table.merge(entries) { $1 } }
    }
}
