import CSystemCalls
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
    /// A lease file whose form this natctl does not know.
    case laterVersion
}

/// What the next process must know of this one's mappings, in a folder of the user's.
///
/// Replaced whole, under a lock that is held for read, change and write alone; mode 0600 in a
/// folder of mode 0700, because PCP's nonces are in it (T-13).
struct LeaseFile: Sendable {
    static let sizeLimit = 16 << 20
    private static let name = "leases.json"

    /// The folder; `nil` when none is named and there is no home.
    let folder: String?
    /// How long to wait for a lock that another process holds, while the folder stays the same.
    ///
    /// Others hold it for milliseconds; whoever holds it longer is stuck, and the user waits for a
    /// mapping that needs no file.
    var lockWait = Duration.seconds(1)
    /// How long to wait in all, where a crowd of processes changes the file: each gets its turn.
    var lockLimit = Duration.seconds(10)

    init(folder: String?) { self.folder = folder }

    /// The file of an application: of the system for root, else of the user.
    ///
    /// natctl's own is where `$NATCTL_STATE` says.
    static func standard(
        for application: ApplicationName, isRoot: Bool, environment: (String) -> String?
    ) -> LeaseFile {
        if application == .natctl, let folder = environment("NATCTL_STATE") {
            return LeaseFile(folder: folder)
        }
        if isRoot { return LeaseFile(folder: "/var/lib/\(application)") }
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return LeaseFile(folder: "\(state)/\(application)")
        }
        return LeaseFile(folder: environment("HOME").map { "\($0)/.local/state/\(application)" })
    }

    /// The file's path, for messages.
    var path: String { (folder ?? "~") + "/" + Self.name }

    /// The file's bytes with what they say, so that the same bytes are not parsed twice.
    struct Contents: Sendable {
        var bytes: [UInt8]
        var table: LeaseTable
    }

    /// What an update did.
    struct Update<Result> {
        /// What the change returned.
        var result: Result
        /// The file as it is now.
        var contents: Contents
        /// Where a damaged file was moved to.
        var movedAside: String?
    }

    /// The leases as they are; none where there is no file.
    ///
    /// - Parameter known: what an earlier call has read.
    /// - Returns: the bytes and what they say.
    /// - Throws: `LeaseFileProblem`.
    func read(known: Contents? = nil) throws(LeaseFileProblem) -> Contents {
        guard folder != nil else { throw .noFolder }
        guard let bytes = try Self.bytes(of: path) else {
            return Contents(bytes: [], table: LeaseTable())
        }
        if let known, known.bytes == bytes { return known }
        return Contents(bytes: bytes, table: try LeaseTable(parsing: bytes))
    }

    /// Changes the leases, alone.
    ///
    /// A damaged file is moved aside first, never overwritten; one of a later version stays as it
    /// is. Leases that have expired, processes that no longer hold any, and what a killed process
    /// has left behind are cleared away.
    ///
    /// - Parameters:
    ///   - isDurable: whether to return only when the disk has it.
    ///   - known: what an earlier call has read.
    ///   - change: called at most once; what it does to the table is written.
    /// - Throws: `LeaseFileProblem`, `CancellationError`.
    /// - Returns: what came of it.
    func update<Result>(
        isDurable: Bool, known: Contents? = nil, _ change: (inout LeaseTable) -> Result
    ) async throws -> Update<Result> {
        guard let folder else { throw LeaseFileProblem.noFolder }
        try StateFolder(path: folder).make()
        let lock = try FileDescriptor(
            opening: folder + "/leases.lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC)
        // Whoever replaces the file changes the folder before and after the disk makes it wait.
        try await lock.lock(wait: lockWait, limit: lockLimit) { Stamp.of(folder) }
        var contents: Contents
        var movedAside: String?
        do throws(LeaseFileProblem) {
            contents = try read(known: known)
        } catch {
            guard error == .damaged else { throw error }
            movedAside = try moveAside()
            contents = Contents(bytes: [], table: LeaseTable())
        }
        // Beside a wait for the disk it costs nothing.
        if isDurable { StateFolder(path: folder).removeLeftovers(of: Self.name) }
        contents.table.settle(at: .now)
        let result = change(&contents.table)
        let bytes = contents.table.encoded
        if bytes != contents.bytes {
            try replace(with: bytes, isDurable: isDurable)
            contents.bytes = bytes
        }
        return Update(result: result, contents: contents, movedAside: movedAside)
    }

    private func moveAside() throws(LeaseFileProblem) -> String {
        let stem = path + ".damaged-\(Timestamp.now)"
        var aside = stem
        var count = 1
        // Another one of the same second is evidence too; the lock keeps the name free.
        while unsafe access(aside, F_OK) == 0 {
            count += 1
            aside = "\(stem)-\(count)"
        }
        guard unsafe rename(path, aside) == 0 else { throw .system(SystemError("rename")) }
        return aside
    }

    private func replace(with bytes: [UInt8], isDurable: Bool) throws(LeaseFileProblem) {
        let temporary =
            (folder ?? "~") + "/"
            + StateFolder.temporaryName(
                of: Self.name, process: getpid(), random: .random(in: 0 ... .max))
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
    private static func bytes(of path: String) throws(LeaseFileProblem) -> [UInt8]? {
        do throws(LeaseFileProblem) {
            let file = try FileDescriptor(
                opening: path, flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            return try file.read(limit: sizeLimit)
        } catch {
            guard case .system(let cause) = error, cause.code == ENOENT else { throw error }
            return nil
        }
    }
}

extension LeaseFile.Update: Sendable where Result: Sendable {}

extension LeaseFile {
    /// What tells a file from the one that has replaced it, for the price of one system call.
    struct Stamp: Hashable {
        private var device: UInt64
        private var inode: UInt64
        private var size: Int64
        private var seconds: Int
        private var nanoseconds: Int

        /// The stamp of what is at a path; `nil` where there is nothing.
        fileprivate static func of(_ path: String) -> Stamp? {
            var status = stat()
            return unsafe lstat(path, &status) == 0 ? Stamp(status) : nil
        }

        private init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            size = Int64(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    /// The stamp of the file as it is now; `nil` where there is none.
    var stamp: Stamp? { Stamp.of(path) }

    /// Rings when another process, or this one, replaces or deletes the file.
    ///
    /// - Throws: `SystemError`; before the first update there may be no folder to watch.
    func watch() throws(SystemError) -> FolderWatch { try FolderWatch(folder ?? "") }
}

extension LeaseTable {
    /// Brings what was read up to date: expired leases, and holders that no longer run.
    mutating func settle(at now: Timestamp) {
        setAsideExpired(at: now)
        removeDeadHolders(\.isAlive)
    }
}
