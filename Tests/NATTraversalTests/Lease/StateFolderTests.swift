import Foundation
import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("State folder") struct StateFolderTests {
    @Test(
        "is exposed where another user than this one and root can write",
        arguments: [
            (0o700, 1000, 1000, false), (0o755, 1000, 1000, false), (0o755, 0, 0, false),
            (0o777, 1000, 1000, true), (0o1777, 0, 0, true), (0o702, 1000, 1000, true),
            (0o770, 1000, 100, true), (0o770, 1000, 1000, false), (0o770, 1000, 0, false),
            (0o700, 1001, 1000, true), (0o755, 1001, 1001, true),
        ] as [(UInt32, UInt32, UInt32, Bool)])
    func isExposed(mode: UInt32, owner: UInt32, group: UInt32, isExposed: Bool) {
        #expect(
            StateFolder.isExposed(mode: mode, owner: owner, group: group, to: 1000) == isExposed)
    }

    @Test(
        "a leftover is known by its name",
        arguments: [
            ("leases.json.77.4294967295", 77), ("leases.json.77.0", 77),
            ("leases.json", nil), ("leases.json.", nil), ("leases.json.77", nil),
            ("leases.json.77.", nil), ("leases.json..1", nil), ("leases.json.0.1", nil),
            ("leases.json.-7.1", nil), ("leases.json.+7.1", nil), ("leases.json.07.1", nil),
            ("leases.json.77.4294967296", nil), ("leases.json.77.1.2", nil),
            ("leases.json.77.1~", nil), ("leases.json.damaged-2026", nil),
            ("gateways.json.77.1", nil), ("leases.jsonx77.1", nil),
        ] as [(String, Int32?)])
    func names(name: String, process: Int32?) {
        #expect(StateFolder.process(ofTemporary: name, of: "leases.json") == process)
    }

    /// The identifier of a process that has ended.
    private static func endedProcess() throws -> Int32 {
        let child = Process()
        child.executableURL = URL(filePath: "/bin/true")
        try child.run()
        child.waitUntilExit()
        return child.processIdentifier
    }

    @Test("what a killed process has left is removed at the next update, and nothing else")
    func removesLeftovers() async throws {
        let folder = try TemporaryFolder()
        let dead = try Self.endedProcess()
        try folder.write("torn", to: "leases.json.\(dead).1")
        try folder.write("torn", to: "leases.json.\(dead).2")
        let kept = [
            "leases.json.\(getpid()).1", "leases.json.\(dead).1~", "leases.json.damaged-1",
            "notes.\(dead).1",
        ]
        for name in kept { try folder.write("kept", to: name) }
        #expect(unsafe symlink("/etc/passwd", folder.path + "/leases.json.\(dead).3") == 0)
        #expect(unsafe mkdir(folder.path + "/leases.json.\(dead).4", 0o700) == 0)
        let special = ["leases.json.\(dead).3", "leases.json.\(dead).4"]
        _ = try await LeaseFileTests.add(
            try LeaseFileTests.lease(), to: LeaseFile(folder: folder.path))
        #expect(
            try folder.names == (kept + special + ["leases.json", "leases.lock"]).sorted())
    }

    @Test("that cannot be made is a fault of the system, and no lease is lost for it")
    func isBelowAFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a file", to: "state")
        let file = LeaseFile(folder: folder.path + "/state/natctl")
        await #expect(throws: LeaseFileProblem.system(SystemError("mkdir", code: ENOTDIR))) {
            _ = try await LeaseFileTests.add(try LeaseFileTests.lease(), to: file)
        }
        #expect(try folder.names == ["state"])
    }

    @Test("so many leftovers are removed over several updates")
    func isBounded() async throws {
        let folder = try TemporaryFolder()
        let dead = try Self.endedProcess()
        for number in 1...100 { try folder.write("", to: "leases.json.\(dead).\(number)") }
        StateFolder(path: folder.path).removeLeftovers(of: "leases.json")
        #expect(try folder.names.count == 36)
        StateFolder(path: folder.path).removeLeftovers(of: "leases.json")
        #expect(try folder.names.isEmpty)
    }
}
