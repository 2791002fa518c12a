import Logging

/// The leases as one command uses them: a file that cannot be used costs a warning, not the work.
final class LeaseStore {
    let file: LeaseFile
    private var known: LeaseFile.Contents?
    private(set) var warnings: [MapperWarning] = []
    private var isUnusable = false
    private var hasCheckedFolder = false
    /// Whether the last wait for the lock timed out.
    private var isLockStuck = false

    /// Leases that this process knows to be there, whatever became of the file: it cannot be written,
    /// the clock was set, another process has forgotten them.
    private var held: [Lease.Key: Lease] = [:]
    /// This store among the holders of leases, once it holds any.
    private lazy var holder = LeaseHolder.new()
    /// The leases whose record in the file names this holder.
    private var registered: Set<Lease.Key> = []
    /// The leases that are held no longer and whose record may still name this holder.
    private var released: Set<Lease.Key> = []
    /// Held leases that another process has removed.
    private var removed: Set<Lease.Key> = []
    /// The file as `takeRemovedHolds` saw it last.
    private var lastStamp: LeaseFile.Stamp?

    /// How long to wait for a lock that was waited for before: whoever is stuck costs a command one
    /// long wait, not one for each update.
    private static let stuckLockWait = Duration.milliseconds(100)

    /// The leases of a file.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - timeout: how long the command may take; a quarter of it at most goes into waiting for a
    ///     process that is stuck with the file's lock, so that the gateway has time to answer.
    init(_ file: LeaseFile, timeout: Duration? = nil) {
        var file = file
        if let timeout {
            file.lockWait = min(file.lockWait, timeout / 4)
            file.lockLimit = min(file.lockLimit, timeout / 2)
        }
        self.file = file
    }

    /// The leases that still live.
    func live(at now: Timestamp) -> [Lease] { readTable()?.live(at: now) ?? [] }

    /// The leases that have expired by the clock within the last day; their gateways may know better.
    func expired(at now: Timestamp) -> [Lease] { readTable()?.expired(at: now) ?? [] }

    private func readTable() -> LeaseTable? {
        checkFolder()
        do throws(LeaseFileProblem) {
            let contents = try file.read(known: known)
            known = contents
            return contents.table
        } catch {
            warn(error)
            return nil
        }
    }

    /// The leases that still live, for a command that is about nothing else.
    ///
    /// - Throws: `PortMapperError.leaseFile`.
    func requireLive(at now: Timestamp) throws(PortMapperError) -> [Lease] {
        do throws(LeaseFileProblem) {
            return try file.read().table.live(at: now)
        } catch {
            throw .leaseFile(path: file.path, problem: error.sentence)
        }
    }

    /// Changes the leases; where the file cannot be written, `change` sees what can still be read,
    /// perhaps for the second time, and nothing is kept.
    func change<Result>(
        isDurable: Bool, _ change: (inout LeaseTable) -> Result
    ) async throws -> Result {
        do {
            let update = try await waitingFile.update(isDurable: isDurable, known: known) { table in
                noteRemovals(in: table)
                addHeld(to: &table)
                let result = change(&table)
                updateHolders(in: &table)
                return result
            }
            take(update)
            registered = Set(held.keys.filter { update.contents.table.names(holder, for: $0) })
            released = []
            return update.result
        } catch let problem as LeaseFileProblem {
            warn(problem)
            // A renewal on a full disk still has to know its nonce and port.
            var table = readableTable
            addHeld(to: &table)
            return change(&table)
        }
    }

    /// Forgets leases, whoever holds them.
    func remove(_ keys: Set<Lease.Key>) async throws {
        release(keys)
        try await change(isDurable: !keys.isEmpty) { $0.remove(keys) }
    }

    /// The file, with the wait for its lock cut short once another process has been stuck with it.
    private var waitingFile: LeaseFile {
        var file = file
        if isLockStuck { file.lockWait = min(file.lockWait, Self.stuckLockWait) }
        return file
    }

    /// What can be read where nothing can be written.
    private var readableTable: LeaseTable {
        var table = (try? file.read(known: known))?.table ?? LeaseTable()
        table.settle(at: .now)
        return table
    }

    private func take<Result>(_ update: LeaseFile.Update<Result>) {
        known = update.contents
        isLockStuck = false
        if let movedAside = update.movedAside {
            add(.leaseFileDamaged(movedTo: movedAside))
        }
        checkFolder()
    }

    /// Says the first problem; those that follow from it say no more.
    private func warn(_ problem: LeaseFileProblem) {
        isLockStuck = problem == .locked
        guard !isUnusable else { return }
        isUnusable = true
        add(.leaseFileUnusable(path: file.path, problem: problem.sentence))
    }

    private func checkFolder() {
        guard !hasCheckedFolder, let folder = file.folder else { return }
        hasCheckedFolder = true
        guard StateFolder(path: folder).isExposed else { return }
        add(.leaseFolderExposed(path: folder))
    }

    private func add(_ warning: MapperWarning) {
        if !warnings.contains(warning) { warnings.append(warning) }
    }
}

// Holding leases, beside other processes that hold them too.
extension LeaseStore {
    /// Keeps leases in mind until they are removed; the next change or `registerHolds` tells other
    /// processes.
    func hold(_ leases: [Lease]) {
        for lease in leases {
            held[lease.key] = lease
            released.remove(lease.key)
        }
    }

    /// Keeps leases in mind no longer; the file may.
    func release(_ keys: Set<Lease.Key>) {
        for key in keys { held[key] = nil }
        released.formUnion(keys.intersection(registered))
        registered.subtract(keys)
        removed.subtract(keys)
    }

    /// Records this process among the holders of what it holds, unless it is there already.
    ///
    /// From then on the end of another holder spares the mapping.
    ///
    /// - Throws: `CancellationError`.
    func registerHolds() async throws {
        guard !released.isEmpty || !registered.isSuperset(of: held.keys) else { return }
        try await change(isDurable: false) { _ in }
    }

    /// Holds leases no longer; done although the task may have been cancelled.
    ///
    /// - Returns: the keys that no other living process holds, whose mappings are to be deleted.
    func endHolds(_ keys: Set<Lease.Key>) async -> Set<Lease.Key> {
        release(keys)
        let (file, known, holder) = (waitingFile, known, holder)
        do {
            // A task of its own, which nobody cancels.
            let update = try await Task {
                try await file.update(isDurable: false, known: known) { table in
                    table.remove(holder, from: keys)
                }
            }.value
            take(update)
            released.subtract(keys)
            return update.result
        } catch {
            if let problem = error as? LeaseFileProblem { warn(problem) }
            var table = readableTable
            return table.remove(holder, from: keys)
        }
    }

    /// The held leases that another process has removed since the last call: `unmap` deleted their
    /// mappings, and they are to be asked for again.
    ///
    /// Cheap enough for every look around: one system call while the file stays the same.
    func takeRemovedHolds() -> Set<Lease.Key> {
        if !registered.isEmpty {
            let stamp = file.stamp
            // A file that cannot be read says nothing of what was removed.
            if stamp != lastStamp, let contents = try? file.read(known: known) {
                lastStamp = stamp
                known = contents
                noteRemovals(in: contents.table)
            }
        }
        defer { removed = [] }
        return removed
    }

    /// Notes which held leases are no longer in a table as another process has left it.
    private func noteRemovals(in table: LeaseTable) {
        let missing = registered.filter { !table.names(holder, for: $0) }
        removed.formUnion(missing)
        registered.subtract(missing)
    }

    private func addHeld(to table: inout LeaseTable) {
        // In the order of their ports, so that the file's order does not change by itself.
        let missing = held.values.filter { table[$0.key] == nil }
            .sorted { $0.key.internalPort < $1.key.internalPort }
        for lease in missing { table[lease.key] = lease }
    }

    private func updateHolders(in table: inout LeaseTable) {
        if !released.isEmpty { _ = table.remove(holder, from: released) }
        for key in held.keys { table.add(holder, to: key) }
    }
}

extension LeaseFileProblem {
    /// What is wrong, to follow a colon.
    var sentence: String {
        switch self {
        case .noFolder: "neither NATCTL_STATE nor HOME names a folder for it"
        case .system(let error): error.description
        case .locked: "another process holds its lock"
        case .damaged: "it is damaged; the next map moves it aside"
        case .laterVersion: "a later version of natctl wrote it; it is left unchanged"
        }
    }
}
