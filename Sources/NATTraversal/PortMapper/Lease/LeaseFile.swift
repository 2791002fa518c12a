import CSystem
import Glibc
import Logging

/// Why the lease file could not be read or written.
enum LeaseFileProblem: Error, Hashable, Sendable {
    /// No folder is named, and there is no home to look in.
    case noFolder
    case system(SystemError)
    /// Another process has held the lock for too long.
    case locked
    /// Not a lease file, or larger than any.
    case damaged
}

/// What the next process must know of this one's mappings, in a folder of the user's.
///
/// Replaced whole, under a lock that is held for read, change and write alone; mode 0600 in a
/// folder of mode 0700, because PCP's nonces are in it (threats.md T-13).
struct LeaseFile: Sendable {
    static let sizeLimit = 16 << 20
    static let lockPatience = Duration.seconds(10)

    /// The folder; `nil` when none is named and there is no home.
    let folder: String?

    /// The file of `$NATCTL_STATE`, of the system for root, else of the user.
    static func standard(isRoot: Bool, environment: (String) -> String?) -> LeaseFile {
        if let folder = environment("NATCTL_STATE") { return LeaseFile(folder: folder) }
        if isRoot { return LeaseFile(folder: "/var/lib/natctl") }
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return LeaseFile(folder: state + "/natctl")
        }
        return LeaseFile(folder: environment("HOME").map { $0 + "/.local/state/natctl" })
    }

    /// The file's path, for messages.
    var path: String { (folder ?? "~") + "/leases.json" }

    /// The leases as they are; none where there is no file.
    func read() throws(LeaseFileProblem) -> LeaseTable {
        guard folder != nil else { throw .noFolder }
        guard let bytes = try Self.contents(of: path) else { return LeaseTable() }
        return try LeaseTable(parsing: bytes)
    }

    /// Changes the leases, alone.
    ///
    /// A damaged file is moved aside first, never overwritten.
    ///
    /// - Parameters:
    ///   - isDurable: whether to return only when the disk has it.
    ///   - change: may be called once; what it does to the table is written.
    /// - Returns: what `change` returns, and where a damaged file was moved to.
    /// - Throws: `LeaseFileProblem`, `CancellationError`.
    func update<Result>(
        isDurable: Bool, _ change: (inout LeaseTable) -> Result
    ) async throws -> (result: Result, movedAside: String?) {
        guard let folder else { throw LeaseFileProblem.noFolder }
        try Self.makeFolder(folder)
        let lock = try FileDescriptor(
            opening: folder + "/leases.lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC)
        try await lock.lock(patience: Self.lockPatience)
        var table: LeaseTable
        var movedAside: String?
        do throws(LeaseFileProblem) {
            table = try read()
        } catch {
            guard error == .damaged else { throw error }
            movedAside = try moveAside()
            table = LeaseTable()
        }
        let before = table
        table.dropExpired(at: .now)
        let result = change(&table)
        if table != before || isDurable { try replace(with: table.encoded, isDurable: isDurable) }
        return (result, movedAside)
    }

    private func moveAside() throws(LeaseFileProblem) -> String {
        let aside = path + ".damaged-\(Timestamp.now)"
        guard unsafe rename(path, aside) == 0 else { throw .system(SystemError("rename")) }
        return aside
    }

    private func replace(with bytes: [UInt8], isDurable: Bool) throws(LeaseFileProblem) {
        let temporary = path + ".\(getpid()).\(UInt32.random(in: 0 ... .max))"
        do throws(LeaseFileProblem) {
            let file = try FileDescriptor(
                opening: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
            try file.write(bytes)
            if isDurable { try file.synchronize() }
            guard unsafe rename(temporary, path) == 0 else {
                throw .system(SystemError("rename"))
            }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        guard isDurable, let folder else { return }
        try FileDescriptor(opening: folder, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC).synchronize()
    }

    /// The bytes of a regular file of at most `sizeLimit`; `nil` when there is none.
    private static func contents(of path: String) throws(LeaseFileProblem) -> [UInt8]? {
        do throws(LeaseFileProblem) {
            let file = try FileDescriptor(
                opening: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            return try file.read(limit: sizeLimit)
        } catch {
            guard case .system(let cause) = error, cause.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Makes the folder and those above it that are missing, for this user alone.
    private static func makeFolder(_ path: String) throws(LeaseFileProblem) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system(SystemError("mkdir"))
        }
        try makeFolder(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(SystemError("mkdir"))
        }
    }
}
