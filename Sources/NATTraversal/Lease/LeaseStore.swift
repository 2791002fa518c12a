import Logging

/// The leases as one command uses them: a file that cannot be used costs a warning, not the work.
final class LeaseStore {
    let file: LeaseFile
    private var known: LeaseFile.Contents?
    private(set) var warnings: [MapperWarning] = []
    private var isUnusable = false
    /// Leases that this process knows to be there, whatever became of the file: it cannot be written,
    /// the clock was set, another process has forgotten them.
    private var held: [Lease.Key: Lease] = [:]

    init(_ file: LeaseFile) { self.file = file }

    /// The leases that still live.
    func live(at now: Timestamp) -> [Lease] {
        do throws(LeaseFileProblem) {
            let contents = try file.read(known: known)
            known = contents
            return contents.table.leases.filter { $0.isLive(at: now) }
        } catch {
            warn(error)
            return []
        }
    }

    /// The leases that still live, for a command that is about nothing else.
    ///
    /// - Throws: `PortMapperError.leaseFile`.
    func requireLive(at now: Timestamp) throws(PortMapperError) -> [Lease] {
        do throws(LeaseFileProblem) {
            return try file.read().table.leases.filter { $0.isLive(at: now) }
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
            let update = try await file.update(isDurable: isDurable, known: known) { table in
                addHeld(to: &table)
                return change(&table)
            }
            known = update.contents
            if let movedAside = update.movedAside {
                add(.leaseFileDamaged(movedTo: movedAside))
            }
            return update.result
        } catch let problem as LeaseFileProblem {
            warn(problem)
            // A renewal on a full disk still has to know its nonce and port.
            var table = (try? file.read(known: known))?.table ?? LeaseTable()
            table.dropExpired(at: .now)
            addHeld(to: &table)
            return change(&table)
        }
    }

    /// Keeps leases in mind until they are removed.
    func hold(_ leases: [Lease]) {
        for lease in leases { held[lease.key] = lease }
    }

    /// Keeps leases in mind no longer; the file may.
    func release(_ keys: Set<Lease.Key>) {
        for key in keys { held[key] = nil }
    }

    /// Forgets leases.
    func remove(_ keys: Set<Lease.Key>) async throws {
        release(keys)
        try await change(isDurable: !keys.isEmpty) { $0.remove(keys) }
    }

    private func addHeld(to table: inout LeaseTable) {
        for lease in held.values where table[lease.key] == nil { table[lease.key] = lease }
    }

    /// Says the first problem; those that follow from it say no more.
    private func warn(_ problem: LeaseFileProblem) {
        guard !isUnusable else { return }
        isUnusable = true
        add(.leaseFileUnusable(path: file.path, problem: problem.sentence))
    }

    private func add(_ warning: MapperWarning) {
        if !warnings.contains(warning) { warnings.append(warning) }
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
        }
    }
}
