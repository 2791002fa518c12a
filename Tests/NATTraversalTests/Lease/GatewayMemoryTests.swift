import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("What is remembered of gateways") struct GatewayMemoryTests {
    private static let now = Timestamp(secondsSince1970: 1_800_000_000)

    private static func record(
        _ gateway: String = "192.168.1.1", port: Int = 5000, udn: String = "uuid:a",
        foundAt: Timestamp = now, silentAt: Timestamp? = now
    ) throws -> GatewayMemory.Record {
        GatewayMemory.Record(
            gateway: try #require(GatewayAddress(gateway)),
            location: try HTTPURL("http://\(gateway):\(port)/root.xml?a=b"), udn: udn,
            isRepointed: true, bootIdentifier: "1", foundAt: foundAt, silentAt: silentAt)
    }

    private static func later(_ seconds: UInt32) -> Timestamp { now.advanced(bySeconds: seconds) }

    @Test("comes back as it was put in, for its gateway alone, for a day")
    func comesBack() throws {
        let folder = try TemporaryFolder()
        let memory = GatewayMemory(folder: folder.path + "/new")
        let record = try Self.record()
        #expect(memory.record(of: record.gateway, at: Self.now) == nil)
        memory.remember(record, at: Self.now)
        #expect(memory.record(of: record.gateway, at: Self.later(86399)) == record)
        #expect(memory.record(of: record.gateway, at: Self.later(86400)) == nil)
        #expect(
            memory.record(of: try #require(GatewayAddress("192.168.1.2")), at: Self.now) == nil)
        #expect(try folder.mode(of: "new/gateways.json") == 0o600)
        // A clock that was set back.
        let before = Timestamp(secondsSince1970: Self.now.secondsSince1970 - 1)
        #expect(memory.record(of: record.gateway, at: before) == nil)
    }

    @Test("the silence of PCP and NAT-PMP ends a day after it was found, whatever came since")
    func silenceEnds() throws {
        let folder = try TemporaryFolder()
        let memory = GatewayMemory(folder: folder.path)
        let record = try Self.record(foundAt: Self.later(80000))
        memory.remember(record, at: Self.later(80000))
        #expect(memory.record(of: record.gateway, at: Self.later(86399))?.silentAt == Self.now)
        let late = try #require(memory.record(of: record.gateway, at: Self.later(86400)))
        #expect(late.silentAt == nil)
        #expect(late.udn == record.udn)
    }

    @Test("is written when something is news, and when half of its time is over")
    func writesNews() throws {
        let folder = try TemporaryFolder()
        let memory = GatewayMemory(folder: folder.path)
        func inode() -> UInt64 {
            var status = stat()
            return unsafe stat(folder.path + "/gateways.json", &status) == 0
                ? UInt64(status.st_ino) : 0
        }
        memory.remember(try Self.record(), at: Self.now)
        let first = inode()
        memory.remember(try Self.record(foundAt: Self.later(43199)), at: Self.later(43199))
        #expect(inode() == first)
        memory.remember(try Self.record(port: 6000, foundAt: Self.later(2)), at: Self.later(2))
        let second = inode()
        #expect(second != first)
        memory.remember(
            try Self.record(port: 6000, foundAt: Self.later(43300)), at: Self.later(43300))
        #expect(inode() != second)
        #expect(
            memory.record(of: try Self.record().gateway, at: Self.later(100_000))?.location.port
                .rawValue == 6000)
    }

    @Test("is forgotten when another technique answers")
    func forgets() throws {
        let folder = try TemporaryFolder()
        let memory = GatewayMemory(folder: folder.path)
        memory.remember(try Self.record(), at: Self.now)
        memory.remember(try Self.record("192.168.1.2"), at: Self.now)
        memory.forget(try Self.record().gateway, at: Self.now)
        #expect(memory.record(of: try Self.record().gateway, at: Self.now) == nil)
        #expect(memory.record(of: try Self.record("192.168.1.2").gateway, at: Self.now) != nil)
    }

    @Test("only so many gateways are remembered, the latest ones")
    func isBounded() throws {
        let folder = try TemporaryFolder()
        let memory = GatewayMemory(folder: folder.path)
        for number in 1...20 {
            memory.remember(try Self.record("192.168.1.\(number)"), at: Self.now)
        }
        #expect(memory.record(of: try Self.record("192.168.1.4").gateway, at: Self.now) == nil)
        #expect(memory.record(of: try Self.record("192.168.1.5").gateway, at: Self.now) != nil)
    }

    @Test(
        "a file that is not one, or a hostile record, is nothing, and is replaced",
        arguments: [
            "", "{", "[]", #"{"gateways":{}}"#, #"{"gateways":[1,null,{}]}"#,
            // Another host's description.
            #"""
            {"gateways":[{"gateway":"192.168.1.1","location":"http://10.0.0.9/x","udn":"uuid:a",\#
            "foundAt":"2027-01-15T08:00:00Z"}]}
            """#,
            #"""
            {"gateways":[{"gateway":"192.168.1.1","location":"https://192.168.1.1/","udn":"a",\#
            "foundAt":"2027-01-15T08:00:00Z"}]}
            """#,
            // It ends in a hundred years.
            #"""
            {"gateways":[{"gateway":"192.168.1.1","location":"http://192.168.1.1/x","udn":"a",\#
            "foundAt":"2127-01-15T08:00:00Z"}]}
            """#,
            String(repeating: " ", count: 10 << 20),
            String(repeating: "[", count: 60_000),
        ])
    func hostile(text: String) throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "gateways.json")
        let memory = GatewayMemory(folder: folder.path)
        let record = try Self.record()
        #expect(memory.record(of: record.gateway, at: Self.now) == nil)
        memory.remember(record, at: Self.now)
        #expect(memory.record(of: record.gateway, at: Self.now) == record)
    }

    @Test("a record like the hostile ones without their fault counts")
    func readsRecord() throws {
        #expect(Self.now.description == "2027-01-15T08:00:00Z")
        let text = #"""
            {"gateways":[{"gateway":"192.168.1.1","location":"http://192.168.1.1/x","udn":"a",\#
            "foundAt":"2027-01-15T08:00:00Z"}]}
            """#
        #expect(GatewayMemory.records(parsing: Array(text.utf8), at: Self.now).count == 1)
    }

    @Test("two processes that write at once leave one whole file")
    func twoWriters() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path
        await withTaskGroup { group in
            for number in 1...8 {
                group.addTask {
                    for round in 0..<50 {
                        guard
                            let record = try? Self.record(
                                "192.168.1.\(number)", port: 1000 + round)
                        else { continue }
                        GatewayMemory(folder: path).remember(record, at: Self.now)
                    }
                }
            }
        }
        #expect(try folder.names == ["gateways.json"])
        let bytes = Array(try folder.text("gateways.json").utf8)
        #expect(!GatewayMemory.records(parsing: bytes, at: Self.now).isEmpty)
    }
}

@Suite("What is remembered is used") struct GatewayMemoryUseTests {
    @Test(
        "unless the user says how to ask",
        arguments: [
            (GatewaySelection(), true),
            (GatewaySelection(gateway: GatewayAddress("192.168.1.1")), true),
            (GatewaySelection(technique: .upnp), false),
            (GatewaySelection(location: try? HTTPURL("http://192.168.1.1/")), false),
        ])
    func selection(selection: GatewaySelection, isUsed: Bool) {
        #expect(
            (GatewayMemory(beside: LeaseFile(folder: "/"), for: selection) != nil) == isUsed)
    }
}
