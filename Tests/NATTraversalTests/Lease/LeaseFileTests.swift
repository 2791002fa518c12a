import Foundation
import NATTraversalSupport
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Lease file") struct LeaseFileTests {
    /// A lease that ends in an hour.
    static func lease(port: UInt16 = 8080) throws -> Lease {
        try .sample {
            $0.key.internalPort = try TestPort.number(port)
            $0.expiry = Timestamp.now.advanced(bySeconds: 3600)
        }
    }

    static func add(_ lease: Lease, to file: LeaseFile) async throws -> String? {
        try await file.update(isDurable: true) { $0[lease.key] = lease }.movedAside
    }

    @Test("is this user's alone, and so is its folder (T-13)")
    func isPrivate() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path + "/a/b")
        _ = try await Self.add(try Self.lease(), to: file)
        #expect(try folder.mode(of: "a") == 0o700)
        #expect(try folder.mode(of: "a/b") == 0o700)
        #expect(try folder.mode(of: "a/b/leases.json") == 0o600)
        #expect(try folder.mode(of: "a/b/leases.lock") == 0o600)
    }

    @Test("gives back what was put in, and leaves no other file behind")
    func remembers() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        #expect(try file.read().table == LeaseTable())
        let lease = try Self.lease()
        #expect(try await Self.add(lease, to: file) == nil)
        #expect(try file.read().table.leases == [lease])
        #expect(try folder.names == ["leases.json", "leases.lock"])
    }

    @Test("sets leases aside that have ended")
    func setsExpiredAside() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        var old = try Self.lease(port: 1)
        old.expiry = .now
        _ = try await Self.add(old, to: file)
        let lease = try Self.lease()
        _ = try await Self.add(lease, to: file)
        #expect(try file.read().table.leases == [lease])
        #expect(try file.read().table.expired(old.key) != nil)
    }

    @Test("one of a later version is neither overwritten nor moved aside")
    func keepsLaterVersion() async throws {
        let folder = try TemporaryFolder()
        let text = #"{"version":2,"leases":{}}"#
        try folder.write(text, to: "leases.json")
        let file = LeaseFile(folder: folder.path)
        await #expect(throws: LeaseFileProblem.laterVersion) {
            try await Self.add(try Self.lease(), to: file)
        }
        #expect(try folder.text("leases.json") == text)
        #expect(try folder.names == ["leases.json", "leases.lock"])
        let store = LeaseStore(file)
        #expect(store.live(at: .now).isEmpty)
        let problem = LeaseFileProblem.laterVersion.sentence
        #expect(store.warnings == [.leaseFileUnusable(path: file.path, problem: problem)])
    }

    @Test("holders whose process has ended are struck at the next update")
    func strikesDeadHolders() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        var lease = try Self.lease()
        let living = LeaseHolder.new()
        var reused = living
        reused.startTime = 1
        lease.holders = [LeaseHolderTests.holder(1), living, reused]
        _ = try await Self.add(lease, to: file)
        #expect(try file.read().table[lease.key]?.holders.count == 3)
        _ = try await file.update(isDurable: false) { _ in }
        #expect(try file.read().table[lease.key]?.holders == [living])
    }

    @Test(
        "a damaged one is moved aside whole, and a new one begun", arguments: ["", "{\"leases\":"])
    func movesDamagedAside(text: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "leases.json")
        let file = LeaseFile(folder: folder.path)
        #expect(throws: LeaseFileProblem.damaged) { try file.read() }
        let lease = try Self.lease()
        let aside = try #require(try await Self.add(lease, to: file))
        #expect(aside.contains("leases.json.damaged-"))
        #expect(try file.read().table.leases == [lease])
        let name = try #require(aside.split(separator: "/").last.map(String.init))
        #expect(try folder.text(name) == text)
    }

    @Test("what could not be read again is not written, and the file stays as it was")
    func refusesToGrowTooLarge() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        let lease = try Self.lease()
        _ = try await Self.add(lease, to: file)
        var other = try Self.lease(port: 8081)
        other.description = String(repeating: "a", count: LeaseFile.sizeLimit)
        await #expect(throws: LeaseFileProblem.tooLarge) { try await Self.add(other, to: file) }
        #expect(try file.read().table.leases == [lease])
        #expect(try folder.names == ["leases.json", "leases.lock"])
        let store = LeaseStore(file)
        try await store.change(isDurable: false) { $0[other.key] = other }
        #expect(store.warnings.map(\.code) == ["leaseFileUnusable"])
    }

    @Test("a second damaged one does not overwrite the first in the same second")
    func keepsEveryDamagedOne() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        for text in ["first", "second", "third"] {
            try folder.write(text, to: "leases.json")
            _ = try await Self.add(try Self.lease(), to: file)
        }
        let asides = try folder.names.filter { $0.contains("damaged") }
        #expect(Set(try asides.map(folder.text)) == ["first", "second", "third"])
    }

    /// What stands in the lease file's place.
    enum Obstacle: String, CaseIterable {
        case folder
        case pipe
        case oversized
    }

    @Test("anything else in its place is moved aside too", arguments: Obstacle.allCases)
    func movesObstacleAside(obstacle: Obstacle) async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        switch obstacle {
        case .folder: #expect(unsafe mkdir(file.path, 0o700) == 0)
        case .pipe: #expect(unsafe mkfifo(file.path, 0o600) == 0)
        case .oversized:
            try folder.write("{", to: "leases.json")
            #expect(unsafe truncate(file.path, LeaseFile.sizeLimit + 1) == 0)
        }
        #expect(try await Self.add(try Self.lease(), to: file) != nil)
        #expect(try file.read().table.leases.count == 1)
    }

    @Test("a symbolic link is not followed, neither as file nor as lock (T-13)")
    func doesNotFollowLinks() async throws {
        for name in ["leases.json", "leases.lock"] {
            let folder = try TemporaryFolder()
            try folder.write("somebody else's", to: "target")
            #expect(unsafe symlink(folder.path + "/target", folder.path + "/" + name) == 0)
            let file = LeaseFile(folder: folder.path)
            await #expect(throws: LeaseFileProblem.system(SystemError("open", code: ELOOP))) {
                try await Self.add(try Self.lease(), to: file)
            }
            #expect(try folder.text("target") == "somebody else's")
        }
    }

    @Test("a lock that another holds is waited for, and not for ever")
    func waitsForLock() async throws {
        let folder = try TemporaryFolder()
        let lock = unsafe open(folder.path + "/leases.lock", O_RDWR | O_CREAT, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        var file = LeaseFile(folder: folder.path)
        file.lockWait = .milliseconds(20)
        await #expect(throws: LeaseFileProblem.locked) {
            try await Self.add(try Self.lease(), to: file)
        }
        file.lockWait = .seconds(60)
        async let moved = Self.add(try Self.lease(), to: file)
        #expect(flock(lock, LOCK_UN) == 0)
        #expect(try await moved == nil)
    }

    @Test("a lock that changes hands is waited for longer, and not for ever either")
    func waitsForTurn() async throws {
        let folder = try TemporaryFolder()
        let lock = unsafe open(folder.path + "/leases.lock", O_RDWR | O_CREAT, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        var file = LeaseFile(folder: folder.path)
        // Far more than the pause between two changes, on a busy machine too.
        file.lockWait = .seconds(1)
        let isOver = Locked(false)
        // A thread of its own: a busy machine keeps a task waiting for longer than that.
        Thread.detachNewThread {
            var count = 0
            while !isOver.current {
                count += 1
                try? folder.write("", to: "turn-\(count)")
                usleep(20_000)
            }
        }
        defer { isOver.withLock { $0 = true } }
        file.lockLimit = .milliseconds(1500)
        let start = ContinuousClock.now
        await #expect(throws: LeaseFileProblem.locked) {
            try await Self.add(try Self.lease(), to: file)
        }
        #expect(ContinuousClock.now - start >= .milliseconds(1500))
        file.lockLimit = .seconds(60)
        async let moved = Self.add(try Self.lease(), to: file)
        try await Task.sleep(for: .milliseconds(1300))
        isOver.withLock { $0 = true }
        flock(lock, LOCK_UN)
        #expect(try await moved == nil)
    }

    @Test("many at once lose nothing")
    func isShared() async throws {
        let folder = try TemporaryFolder()
        var file = LeaseFile(folder: folder.path)
        file.lockWait = .seconds(60)
        try await withThrowingTaskGroup(of: Void.self) { [file] group in
            for port: UInt16 in 1...50 {
                group.addTask { _ = try await Self.add(try Self.lease(port: port), to: file) }
            }
            try await group.waitForAll()
        }
        #expect(Set(try file.read().table.leases.map(\.key.internalPort.rawValue)) == Set(1...50))
        #expect(try folder.names == ["leases.json", "leases.lock"])
    }

    @Test("a change that changes nothing writes nothing")
    func writesOnlyChanges() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        _ = try await Self.add(try Self.lease(), to: file)
        // A replacement would take the place of this other name of the same file.
        #expect(unsafe link(file.path, folder.path + "/witness") == 0)
        _ = try await file.update(isDurable: true) { _ in }
        try folder.write("seen", to: "witness")
        #expect(try folder.text("leases.json") == "seen")
    }

    @Test(
        "lies where the user said, else the system, else the home",
        arguments: [
            (true, ["NATCTL_STATE": "/s", "HOME": "/h"], "/s"),
            (true, ["HOME": "/h", "XDG_STATE_HOME": "/x"], "/var/lib/natctl"),
            (false, ["NATCTL_STATE": "/s", "HOME": "/h"], "/s"),
            (false, ["HOME": "/h", "XDG_STATE_HOME": "/x"], "/x/natctl"),
            (false, ["HOME": "/h", "XDG_STATE_HOME": "relative"], "/h/.local/state/natctl"),
            (false, ["HOME": "/h"], "/h/.local/state/natctl"), (false, [:], nil),
            (false, ["NATCTL_STATE": "", "HOME": "/h"], "/h/.local/state/natctl"),
            (false, ["HOME": ""], nil),
        ] as [(Bool, [String: String], String?)])
    func lies(isRoot: Bool, environment: [String: String], folder: String?) {
        #expect(
            LeaseFile.standard(for: .natctl, isRoot: isRoot) { environment[$0] }.folder == folder)
    }

    @Test(
        "of another application lies in a folder of its name, whatever is said of natctl's",
        arguments: [
            (true, ["NATCTL_STATE": "/s", "HOME": "/h"], "/var/lib/my app"),
            (false, ["NATCTL_STATE": "/s", "XDG_STATE_HOME": "/x"], "/x/my app"),
            (false, ["NATCTL_STATE": "/s", "HOME": "/h"], "/h/.local/state/my app"),
            (false, ["NATCTL_STATE": "/s"], nil),
        ] as [(Bool, [String: String], String?)])
    func liesApart(isRoot: Bool, environment: [String: String], folder: String?) {
        let file = LeaseFile.standard(for: "my app", isRoot: isRoot) { environment[$0] }
        #expect(file.folder == folder)
    }
}
