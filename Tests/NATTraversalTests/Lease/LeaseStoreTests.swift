import Glibc
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Lease store", .timeLimit(.minutes(10))) struct LeaseStoreTests {
    @Test("what can be read counts, even where nothing can be written")
    func readsWithoutWriting() async throws {
        let folder = try TemporaryFolder()
        let file = LeaseFile(folder: folder.path)
        let lease = try LeaseFileTests.lease()
        _ = try await LeaseFileTests.add(lease, to: file)
        #expect(unsafe unlink(folder.path + "/leases.lock") == 0)
        // No lock can be taken on a folder.
        #expect(unsafe mkdir(folder.path + "/leases.lock", 0o700) == 0)
        let book = LeaseStore(file)
        let seen = try await book.change(isDurable: true) { $0.leases }
        #expect(seen == [lease])
        #expect(book.warnings.map(\.code.rawValue) == ["leaseFileUnusable"])
    }

    @Test("a file that cannot be used costs one warning and no work")
    func works() async throws {
        let book = LeaseStore(LeaseFile(folder: "/dev/null/natctl"))
        for _ in 1...3 {
            #expect(try await book.change(isDurable: true) { $0.leases.count } == 0)
        }
        #expect(book.live(at: .now) == [])
        #expect(book.warnings.count == 1)
    }

    @Test("what is held is there whatever became of the file, until it is let go")
    func holds() async throws {
        let folder = try TemporaryFolder()
        let held = try LeaseFileTests.lease()
        // One that cannot be written, and one that another process or a set clock has emptied.
        for path in ["/dev/null/natctl", folder.path] {
            let book = LeaseStore(LeaseFile(folder: path))
            book.hold([held])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == held)
            try await book.remove([held.key])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == nil)
            book.hold([held])
            book.release([held.key])
            #expect(try await book.change(isDurable: false) { $0[held.key] } == nil)
        }
    }

    @Test("a command about leases alone fails without them")
    func fails() {
        let book = LeaseStore(LeaseFile(folder: nil))
        #expect(throws: PortMapperError.self) { try book.requireLive(at: .now) }
    }

    @Test("says where a damaged file went")
    func saysWhere() async throws {
        let folder = try TemporaryFolder()
        try folder.write("damaged", to: "leases.json")
        let book = LeaseStore(LeaseFile(folder: folder.path))
        try await book.change(isDurable: false) { _ in }
        #expect(book.warnings.map(\.code.rawValue) == ["leaseFileUnusable"])
        guard case .leaseFileDamaged(let path)? = book.warnings.first else { return }
        #expect(path.contains("damaged-"))
    }

    /// Two stores of one file that hold the same lease.
    private func twoHolders(
        _ folder: TemporaryFolder
    ) async throws -> (Lease.Key, LeaseStore, LeaseStore) {
        let lease = try LeaseFileTests.lease()
        let file = LeaseFile(folder: folder.path)
        _ = try await LeaseFileTests.add(lease, to: file)
        let (first, second) = (LeaseStore(file), LeaseStore(file))
        for store in [first, second] {
            store.hold([lease])
            try await store.registerHolds()
        }
        return (lease.key, first, second)
    }

    @Test("of two holders the last one deletes")
    func lastHolderDeletes() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        #expect(await second.endHolds([key]) == [])
        #expect(first.takeRemovedHolds() == [])
        #expect(await first.endHolds([key]) == [key])
        #expect(first.live(at: .now).map(\.key) == [key])
        #expect(first.live(at: .now).first?.holders == [])
    }

    @Test("a holder that ends although its task is cancelled is struck all the same")
    func endsCancelled() async throws {
        let folder = try TemporaryFolder()
        let lease = try LeaseFileTests.lease()
        let file = LeaseFile(folder: folder.path)
        let other = LeaseStore(file)
        other.hold([lease])
        try await other.registerHolds()
        let ending = Task {
            let store = LeaseStore(file)
            store.hold([lease])
            try await store.registerHolds()
            while !Task.isCancelled { await Task.yield() }
            return await store.endHolds([lease.key])
        }
        while other.live(at: .now).first?.holders.count != 2 { await Task.yield() }
        // The lock is busy, so that the end has to wait.
        let lock = unsafe open(folder.path + "/leases.lock", O_RDWR)
        defer { close(lock) }
        while flock(lock, LOCK_EX | LOCK_NB) != 0 { await Task.yield() }
        ending.cancel()
        try await Task.sleep(for: .milliseconds(20))
        #expect(flock(lock, LOCK_UN) == 0)
        #expect(try await ending.value == [])
        #expect(other.live(at: .now).first?.holders.count == 1)
        #expect(await other.endHolds([lease.key]) == [lease.key])
    }

    @Test("a map that ends is no holder, and a renewal is known to the holders")
    func mapIsNoHolder() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        let once = LeaseStore(first.file)
        try await once.change(isDurable: true) { $0[key] = $0[key] }
        #expect(once.live(at: .now).first?.holders.count == 2)
        #expect(first.takeRemovedHolds() == [] && second.takeRemovedHolds() == [])
    }

    @Test("a holder notices once that its lease was removed, and holds it again")
    func noticesRemoval() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        #expect(first.takeRemovedHolds() == [])
        try await LeaseStore(first.file).remove([key])
        #expect(first.takeRemovedHolds() == [key])
        #expect(first.takeRemovedHolds() == [])
        try await first.registerHolds()
        // The second one notices though the first has the lease back meanwhile, and writes before
        // it looks.
        try await second.change(isDurable: false) { _ in }
        #expect(second.takeRemovedHolds() == [key])
        #expect(second.takeRemovedHolds() == [])
        #expect(first.takeRemovedHolds() == [])
        #expect(await second.endHolds([key]) == [])
    }

    @Test("a holder that another PID namespace takes for ended has lost nothing")
    func outlivesPruning() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        let other = LeaseStore(first.file)
        try await other.change(isDurable: false) { $0.removeDeadHolders { _ in false } }
        #expect(other.live(at: .now).first?.holders == [])
        #expect(first.takeRemovedHolds() == [] && second.takeRemovedHolds() == [])
        try await first.change(isDurable: false) { _ in }
        #expect(other.live(at: .now).first?.holders.count == 1)
        try await other.remove([key])
        #expect(first.takeRemovedHolds() == [key] && second.takeRemovedHolds() == [key])
    }

    @Test("what is being asked for is spared by a holder that ends, and given up when not granted")
    func claims() async throws {
        let folder = try TemporaryFolder()
        let lease = try LeaseFileTests.lease()
        let file = LeaseFile(folder: folder.path)
        _ = try await LeaseFileTests.add(lease, to: file)
        let (holder, next, once) = (
            LeaseStore(file, isHolder: true), LeaseStore(file, isHolder: true), LeaseStore(file)
        )
        holder.hold([lease])
        try await holder.registerHolds()
        for store in [next, once] {
            store.claim([lease.key])
            try await store.change(isDurable: false) { _ in }
        }
        #expect(once.live(at: .now).first?.holders.count == 2)
        #expect(await holder.endHolds([lease.key]) == [])
        // Nothing was granted.
        try await next.registerHolds()
        #expect(once.live(at: .now).first?.holders == [])
        // Whoever removes it while it is asked for is noticed.
        next.claim([lease.key])
        try await next.change(isDurable: false) { _ in }
        try await once.remove([lease.key])
        try await next.change(isDurable: false) { $0[lease.key] = lease }
        next.hold([lease])
        #expect(next.takeRemovedHolds() == [lease.key])
    }

    @Test("a holder notices once that another process has moved its mapping")
    func noticesMove() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        var moved = try LeaseFileTests.lease()
        moved.state = .asked
        moved.externalPort = try TestPort.number(9000)
        try await LeaseStore(first.file).remove([key], asking: [moved])
        // It has its holders still, and nothing is known of it yet.
        #expect(first.live(at: .now).first?.holders.count == 2)
        #expect(first.takeRemovedHolds() == [] && first.takeReplacedHolds() == [])
        moved.state = .granted
        try await LeaseStore(first.file).change(isDurable: false) { [moved] in $0[key] = moved }
        #expect(first.takeRemovedHolds() == [])
        #expect(first.takeReplacedHolds() == [key] && first.takeReplacedHolds() == [])
        try await second.change(isDurable: false) { _ in }
        #expect(second.takeReplacedHolds() == [key])
        #expect(second.takeRemovedHolds() == [] && second.takeReplacedHolds() == [])
    }

    @Test("a holder wakes when another process removes its lease")
    func wakes() async throws {
        let folder = try TemporaryFolder()
        let (key, first, _) = try await twoHolders(folder)
        let watch = try first.file.watch()
        try await LeaseStore(first.file).remove([key])
        try await watch.wait()
        #expect(first.takeRemovedHolds() == [key])
    }

    @Test("a lease that is released is no longer held by the next change")
    func releases() async throws {
        let folder = try TemporaryFolder()
        let (key, first, second) = try await twoHolders(folder)
        first.release([key])
        try await first.registerHolds()
        #expect(await second.endHolds([key]) == [key])
        #expect(first.takeRemovedHolds() == [])
    }

    @Test("an end without a file deletes what this process holds")
    func endsWithoutFile() async throws {
        let lease = try LeaseFileTests.lease()
        let store = LeaseStore(LeaseFile(folder: "/dev/null/natctl"))
        store.hold([lease])
        try await store.registerHolds()
        #expect(store.takeRemovedHolds() == [])
        #expect(await store.endHolds([lease.key]) == [lease.key])
    }

    @Test("a lock that is held for ever is waited for once, a quarter of the timeout at most")
    func isPatientOnce() async throws {
        let folder = try TemporaryFolder()
        let lock = unsafe open(folder.path + "/leases.lock", O_RDWR | O_CREAT, 0o600)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX) == 0)
        #expect(LeaseFile(folder: folder.path).lockWait == .seconds(2))
        #expect(
            LeaseStore(LeaseFile(folder: nil), timeout: .seconds(60)).file.lockWait
                == .seconds(2))
        let store = LeaseStore(LeaseFile(folder: folder.path), timeout: .seconds(2))
        #expect(store.file.lockWait == .milliseconds(500))
        let clock = ContinuousClock()
        let first = try await clock.measure { try await store.change(isDurable: true) { _ in } }
        var later: [Duration] = []
        for _ in 0..<5 {
            later.append(
                try await clock.measure { try await store.change(isDurable: true) { _ in } })
        }
        #expect(first >= .milliseconds(500))
        // A busy machine may hold one of them up, but not all.
        let shortest = try #require(later.min())
        #expect(shortest < .milliseconds(500))
        let problem = LeaseFileProblem.locked.sentence
        #expect(store.warnings == [.leaseFileUnusable(path: store.file.path, problem: problem)])
        // Whoever was stuck has gone.
        flock(lock, LOCK_UN)
        try await store.change(isDurable: true) { _ in }
        #expect(try folder.names.contains("leases.json"))
    }

    @Test("a folder that others can write to is warned of once, and used")
    func warnsOfExposedFolder() async throws {
        let folder = try TemporaryFolder()
        let lease = try LeaseFileTests.lease()
        let store = LeaseStore(LeaseFile(folder: folder.path))
        try await store.change(isDurable: false) { $0[lease.key] = lease }
        #expect(store.warnings.isEmpty)
        #expect(unsafe chmod(folder.path, 0o777) == 0)
        let exposed = LeaseStore(store.file)
        #expect(exposed.live(at: .now) == [lease])
        try await exposed.change(isDurable: false) { _ in }
        #expect(exposed.warnings.map(\.code) == ["leaseFolderExposed"])
        let reading = LeaseStore(store.file)
        #expect(try reading.requireLive(at: .now) == [lease])
        #expect(reading.warnings.map(\.code) == ["leaseFolderExposed"])
    }

    @Test("an expired lease is offered to whoever asks for it")
    func offersExpired() async throws {
        let folder = try TemporaryFolder()
        var lease = try LeaseFileTests.lease()
        lease.expiry = .now
        let store = LeaseStore(LeaseFile(folder: folder.path))
        try await store.change(isDurable: false) { $0[lease.key] = lease }
        #expect(store.live(at: .now).isEmpty)
        #expect(try store.requireLive(at: .now).isEmpty)
        #expect(store.expired(at: .now).map(\.key) == [lease.key])
    }
}
