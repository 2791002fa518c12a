import Logging

/// The leases of one command or holder; an unusable file costs a warning, and the work goes on.
final class LeaseStore {
    let file: LeaseFile
    private var known: LeaseFile.Contents?
    private(set) var warnings: [MapperWarning] = []
    private var isUnusable = false
    private var hasCheckedFolder = false
    /// Whether the last change did not fit into the file.
    private(set) var isOverfull = false
    /// Whether the last wait for the lock timed out.
    private var isLockStuck = false

    /// The leases that this process holds, even if the file lacks them: it cannot be written, the
    /// clock was set, or another process has removed them.
    private var held: [Lease.Key: Lease] = [:]
    /// This store as a holder of leases.
    private lazy var holder = LeaseHolder.new()
    /// Whether what is asked for is to be held.
    private let isHolder: Bool
    /// The leases that are being asked for, to be held once they are granted.
    private var claimed: Set<Lease.Key> = []
    /// The leases whose record in the file names this holder, as far as is known.
    private var registered: Set<Lease.Key> = []
    /// The leases no longer held, whose record may still name this holder.
    private var released: Set<Lease.Key> = []
    /// Held leases that another process has removed.
    private var removed: Set<Lease.Key> = []
    /// Held leases in whose place another process has mapped something else.
    private var replaced: Set<Lease.Key> = []
    /// The file as `takeRemovedHolds` saw it last.
    private var lastStamp: LeaseFile.Stamp?

    /// How long to wait for a lock after one wait has timed out: a stuck process costs a command
    /// one long wait, not one for each update.
    private static let stuckLockWait = Duration.milliseconds(100)

    /// The leases of a file.
    ///
    /// - Parameters:
    ///   - file: the file.
    ///   - timeout: how long the command may take; it waits at most a quarter of that for a process
    ///     that is stuck with the file's lock, so that the gateway has time to answer.
    ///   - isHolder: whether what is asked for is to be held.
    init(_ file: LeaseFile, timeout: Duration? = nil, isHolder: Bool = false) {
        var file = file
        if let timeout {
            file.lockWait = min(file.lockWait, timeout / 4)
            file.lockLimit = min(file.lockLimit, timeout / 2)
        }
        self.file = file
        self.isHolder = isHolder
    }

    /// The leases that have not expired.
    func live(at now: Timestamp) -> [Lease] { readTable()?.live(at: now) ?? [] }

    /// The leases that have expired within the last day by the clock, which may be wrong.
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

    /// The leases that have not expired, for a command that needs the file.
    ///
    /// - Throws: `PortMapperError.leaseFile`.
    func requireLive(at now: Timestamp) throws(PortMapperError) -> [Lease] {
        checkFolder()
        do throws(LeaseFileProblem) {
            return try file.read().table.live(at: now)
        } catch {
            throw .leaseFile(path: file.path, problem: error.sentence)
        }
    }

    /// Changes the leases.
    ///
    /// If the file cannot be written, `change` is called with the leases that can be read, perhaps
    /// for the second time, and its changes are lost.
    func change<Result>(
        isDurable: Bool, _ change: (inout LeaseTable) -> Result
    ) async throws -> Result {
        do {
            let update = try await waitingFile.update(isDurable: isDurable, known: known) { table in
                noteChanges(in: table)
                addHeld(to: &table)
                let result = change(&table)
                updateHolders(in: &table)
                return result
            }
            take(update)
            registered = claimed.union(held.keys).filter {
                update.contents.table.names(holder, for: $0)
            }
            released = []
            return update.result
        } catch let problem as LeaseFileProblem {
            warn(problem)
            // A renewal on a full disk still needs its nonce and port.
            var table = readableTable
            addHeld(to: &table)
            return change(&table)
        }
    }

    /// Removes leases, whoever holds them, and keeps others that are not held any more.
    ///
    /// - Parameters:
    ///   - keys: the leases whose mappings are gone.
    ///   - kept: leases that are to stay, as they are now.
    ///   - asked: what is asked for in place of some of the removed leases, whose holders hold it.
    /// - Throws: `CancellationError`.
    func remove(
        _ keys: Set<Lease.Key>, keeping kept: [Lease] = [], asking asked: [Lease] = []
    ) async throws {
        release(keys.union(kept.map(\.key)))
        try await change(isDurable: !keys.isEmpty || !kept.isEmpty) { table in
            let replacements = asked.filter { keys.contains($0.key) }
            for lease in replacements { table.replace(with: lease) }
            table.remove(keys.subtracting(replacements.map(\.key)))
            for lease in kept { table[lease.key] = lease }
        }
    }

    /// Keeps leases of mappings that could not be deleted, where the port has no other lease.
    ///
    /// - Throws: `CancellationError`.
    func keep(_ leases: [Lease]) async throws {
        guard !leases.isEmpty else { return }
        try await change(isDurable: true) { table in
            for lease in leases where table[lease.key] == nil { table[lease.key] = lease }
        }
    }

    /// The file, with a shorter wait for its lock after one wait has timed out.
    private var waitingFile: LeaseFile {
        var file = file
        if isLockStuck { file.lockWait = min(file.lockWait, Self.stuckLockWait) }
        return file
    }

    /// The leases that can be read when the file cannot be written.
    private var readableTable: LeaseTable {
        var table = (try? file.read(known: known))?.table ?? LeaseTable()
        table.settle(at: .now)
        return table
    }

    private func take<Result>(_ update: LeaseFile.Update<Result>) {
        known = update.contents
        (isLockStuck, isOverfull) = (false, false)
        if let movedAside = update.movedAside {
            add(.leaseFileDamaged(movedTo: movedAside))
        }
        checkFolder()
    }

    /// Warns of the first problem; later ones follow from it.
    private func warn(_ problem: LeaseFileProblem) {
        isLockStuck = problem == .locked
        isOverfull = problem == .tooLarge
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

// Holding leases that other processes may hold too.
extension LeaseStore {
    /// Names this holder in the records of leases, from the next change on until `registerHolds`:
    /// they are about to be asked for, and another holder that ends is to leave them in place.
    func claim(_ keys: [Lease.Key]) { if isHolder { claimed.formUnion(keys) } }

    /// Whether another running process holds a lease, as far as `table` shows.
    func othersHold(_ key: Lease.Key, in table: LeaseTable) -> Bool {
        table[key]?.holders.contains { $0 != holder } == true
    }

    /// Holds leases until they are removed; the next change or `registerHolds` records that in the
    /// file.
    func hold(_ leases: [Lease]) {
        for lease in leases {
            held[lease.key] = lease
            released.remove(lease.key)
            replaced.remove(lease.key)
        }
    }

    /// Stops holding leases; their records stay in the file.
    func release(_ keys: Set<Lease.Key>) {
        for key in keys { held[key] = nil }
        released.formUnion(keys.intersection(registered))
        registered.subtract(keys)
        removed.subtract(keys)
        replaced.subtract(keys)
    }

    /// Records this process as a holder of its leases, unless the file names it already, and of no
    /// others that it has claimed.
    ///
    /// From then on the end of another holder leaves the mapping in place.
    ///
    /// - Throws: `CancellationError`.
    func registerHolds() async throws {
        release(claimed.subtracting(held.keys))
        claimed = []
        guard !released.isEmpty || !registered.isSuperset(of: held.keys) else { return }
        try await change(isDurable: false) { _ in }
    }

    /// Stops holding leases and records that, even if the task was cancelled.
    ///
    /// - Returns: the keys that no other running process holds, whose mappings are to be deleted.
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

    /// Returns the held leases that another process has removed since the last call: `unmap` has
    /// deleted their mappings, which are to be mapped again.
    ///
    /// It costs one system call as long as the file stays the same.
    func takeRemovedHolds() -> Set<Lease.Key> {
        if !registered.isEmpty {
            let stamp = file.stamp
            // An unreadable file does not show which leases were removed.
            if stamp != lastStamp, let contents = try? file.read(known: known) {
                lastStamp = stamp
                known = contents
                noteChanges(in: contents.table)
            }
        }
        defer { removed = [] }
        return removed
    }

    /// Returns the held leases in whose place another process has mapped something else, as
    /// `takeRemovedHolds` or a change has seen since the last call.
    func takeReplacedHolds() -> Set<Lease.Key> {
        defer { replaced = [] }
        return replaced
    }

    /// Notes what other processes have made of the held leases.
    ///
    /// A granted lease that does not name this holder was not removed: processes of different PID
    /// namespaces take each other for ended.
    private func noteChanges(in table: LeaseTable) {
        let missing = registered.filter { key in
            guard let record = table[key] ?? table.expired(key) else { return true }
            return record.state == .asked && !record.holders.contains(holder)
        }
        // Another holder that sees it come back is not to take it for granted.
        for key in missing { held[key]?.state = .asked }
        removed.formUnion(missing)
        registered.subtract(missing)
        for (key, lease) in held where !missing.contains(key) {
            guard let record = table[key], record.state == .granted,
                !record.isSameMapping(as: lease)
            else { continue }
            held[key] = record
            replaced.insert(key)
        }
    }

    private func addHeld(to table: inout LeaseTable) {
        // In the order of their ports, so that the file's order does not change by itself.
        let missing = held.values.filter { table[$0.key] == nil }
            .sorted { $0.key.internalPort < $1.key.internalPort }
        for lease in missing { table[lease.key] = lease }
    }

    private func updateHolders(in table: inout LeaseTable) {
        if !released.isEmpty { _ = table.remove(holder, from: released) }
        for key in claimed.union(held.keys) { table.add(holder, to: key) }
    }
}

extension Lease {
    /// Whether both are the same mapping to the gateway.
    fileprivate func isSameMapping(as other: Lease) -> Bool {
        technique == other.technique && externalPort == other.externalPort && nonce == other.nonce
    }
}

extension LeaseFileProblem {
    /// The problem as a clause that follows a colon.
    var sentence: String {
        switch self {
        case .noFolder: "neither NATCTL_STATE nor HOME names a folder for it"
        case .system(let error): error.description
        case .locked: "another process holds its lock"
        case .damaged: "it is damaged; the next map moves it aside"
        case .tooLarge: "it would be larger than \(LeaseFile.sizeLimit >> 20) MiB"
        case .laterVersion: "a later version of natctl wrote it; it is left unchanged"
        }
    }
}
