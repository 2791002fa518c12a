import Foundation
import Glibc
import Testing

@testable import NATTraversal

@Suite("Lease holder") struct LeaseHolderTests {
    /// A holder of no process in particular.
    static func holder(_ number: Int32) -> LeaseHolder {
        LeaseHolder(processID: 4242, startTime: 100, bootID: "this", number: number)
    }

    @Test(
        "is alive while its very process runs",
        arguments: [
            (true, ProcessStatus(hasEnded: false, startTime: 100), "this", true),
            (false, nil, "this", false),
            // The identifier has been reused, perhaps after a boot.
            (true, ProcessStatus(hasEnded: false, startTime: 101), "this", false),
            (true, ProcessStatus(hasEnded: false, startTime: 100), "other", false),
            // Killed, and its parent does not look.
            (true, ProcessStatus(hasEnded: true, startTime: 100), "this", false),
            // Without /proc the existence has to do.
            (true, nil, nil, true), (true, nil, "this", true),
        ] as [(Bool, ProcessStatus?, String?, Bool)])
    func lives(exists: Bool, status: ProcessStatus?, bootID: String?, isAlive: Bool) {
        #expect(
            Self.holder(1).isAlive(exists: exists, status: status, bootID: bootID) == isAlive)
    }

    @Test("one that knows neither time nor boot lives as long as there is a process")
    func livesUnproved() {
        let holder = LeaseHolder(processID: 4242, startTime: nil, bootID: nil, number: 1)
        let status = ProcessStatus(hasEnded: false, startTime: 100)
        #expect(holder.isAlive(exists: true, status: status, bootID: "this"))
    }

    @Test("this process is alive, and one that has ended is not")
    func knowsProcesses() throws {
        let (mine, again) = (LeaseHolder.new(), LeaseHolder.new())
        #expect(mine.isAlive)
        #expect(mine != again)
        #expect(mine.startTime != nil && mine.bootID?.count == 36)
        #expect(mine.number < again.number)
        let child = Process()
        child.executableURL = URL(filePath: "/bin/true")
        try child.run()
        let identifier = child.processIdentifier
        child.waitUntilExit()
        var dead = mine
        dead.processID = identifier
        #expect(!dead.isAlive)
    }

    @Test("a process group is no process", arguments: [0, -1, Int32.min])
    func refusesGroups(processID: Int32) { #expect(!ProcessStatus.exists(processID)) }

    static let fields = "4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22000 23 24"

    @Test(
        "the start time is the 22nd field, whatever the process is called",
        arguments: [
            ("77 (natctl) S \(fields)", ProcessStatus(hasEnded: false, startTime: 22000)),
            ("77 (a) Z 1 ) (b) R \(fields)", ProcessStatus(hasEnded: false, startTime: 22000)),
            ("77 (natctl) Z \(fields)", ProcessStatus(hasEnded: true, startTime: 22000)),
            ("77 (natctl) S 1 2 3", nil), ("77 natctl S \(fields)", nil), ("", nil), (")", nil),
        ] as [(String, ProcessStatus?)])
    func parses(text: String, status: ProcessStatus?) {
        #expect(ProcessStatus(parsing: text) == status)
    }

    @Test(
        "a record's member that names no process names no holder (T-12)",
        arguments: [nil, 7, [:], ["pid": 0], ["pid": -1], ["pid": 4_294_967_296], ["pid": "7"]]
            as [JSONValue])
    func refuses(element: JSONValue) throws {
        var record = try #require(try Lease.sample().document.object)
        record["holders"] = [element, Self.holder(3).document]
        #expect(Lease(.object(record))?.holders == [Self.holder(3)])
        record["holders"] = element
        #expect(Lease(.object(record))?.holders == [])
    }
}
