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
    /// It is not a lease file, or is too large.
    case damaged
    /// The new content would be too large to read again.
    case tooLarge
    /// A lease file whose form this natctl does not know.
    case laterVersion
}

/// The file that tells the next process about this one's mappings, in a folder of the user's.
///
/// It is replaced as a whole, under a lock that is held only to read, change and write it. It has
/// mode 0600 in a folder of mode 0700, because it contains PCP's nonces (T-13).
struct LeaseFile: Sendable {
    /// The largest file, in bytes: some 37,000 leases.
    static let sizeLimit = 16 << 20
    private static let name = "leases.json"

    /// The folder; `nil` when none is named and there is no home.
    let folder: String?
    /// The largest size of this file, in bytes; a test makes it smaller.
    var byteLimit = Self.sizeLimit
    /// How long to wait for a lock that another process holds, while the folder stays the same.
    ///
    /// A process normally holds it for milliseconds; one that holds it longer is stuck, and the
    /// user waits for a mapping that needs no file.
    ///
    /// Two seconds, because on a busy machine the process that has it may not run for one.
    var lockWait = Duration.seconds(2)
    /// How long to wait in all while many processes change the file in turn.
    var lockLimit = Duration.seconds(30)

    init(folder: String?) { self.folder = folder }

    /// The file of an application: the system's for root, else the user's.
    ///
    /// `$NATCTL_STATE` names the folder of natctl's own file.
    static func standard(
        for application: ApplicationName, isRoot: Bool, environment: (String) -> String?
    ) -> LeaseFile {
        func folder(_ name: String) -> String? {
            environment(name).flatMap { $0.isEmpty ? nil : $0 }
        }
        if application == .natctl, let folder = folder("NATCTL_STATE") {
            return LeaseFile(folder: folder)
        }
        if isRoot { return LeaseFile(folder: "/var/lib/\(application)") }
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") {
            return LeaseFile(folder: "\(state)/\(application)")
        }
        return LeaseFile(folder: folder("HOME").map { "\($0)/.local/state/\(application)" })
    }

    /// The file's path, for messages.
    var path: String { (folder ?? "~") + "/" + Self.name }

    /// The file's bytes with their leases, so that the same bytes are not parsed twice.
    struct Contents: Sendable {
        var bytes: [UInt8]
        var table: LeaseTable
    }

    /// The outcome of an update.
    struct Update<Result> {
        /// The value that the change returned.
        var result: Result
        /// The file as it is now.
        var contents: Contents
        /// Where a damaged file was moved to.
        var movedAside: String?
    }

    /// Reads the leases; without a file there are none.
    ///
    /// - Parameter known: the result of an earlier call.
    /// - Returns: the bytes and their leases.
    /// - Throws: `LeaseFileProblem`.
    func read(known: Contents? = nil) throws(LeaseFileProblem) -> Contents {
        guard let folder else { throw .noFolder }
        guard
            let bytes = try StateFolder(path: folder).bytes(
                of: Self.name, sizeLimit: byteLimit)
        else {
            return Contents(bytes: [], table: LeaseTable())
        }
        if let known, known.bytes == bytes { return known }
        return Contents(bytes: bytes, table: try LeaseTable(parsing: bytes))
    }

    /// Changes the leases under the lock.
    ///
    /// A damaged file is moved aside first, never overwritten; a file of a later version is left
    /// unchanged. The update also clears away expired leases, holders that no longer run, and
    /// temporary files of killed processes.
    ///
    /// - Parameters:
    ///   - isDurable: whether to return only after the disk has stored the file.
    ///   - known: the result of an earlier call.
    ///   - change: called at most once; its changes to the table are written.
    /// - Throws: `LeaseFileProblem`, `CancellationError`.
    /// - Returns: the outcome.
    func update<Result>(
        isDurable: Bool, known: Contents? = nil, _ change: (inout LeaseTable) -> Result
    ) async throws -> Update<Result> {
        guard let folder else { throw LeaseFileProblem.noFolder }
        let stateFolder = StateFolder(path: folder)
        try stateFolder.make()
        let lock = try FileDescriptor(
            opening: folder + "/leases.lock", flags: O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC)
        // A process that replaces the file changes the folder before and after it waits for the
        // disk.
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
        if isDurable { stateFolder.removeLeftovers(of: Self.name) }
        contents.table.settle(at: .now)
        let result = change(&contents.table)
        let bytes = contents.table.encode()
        if bytes != contents.bytes {
            guard bytes.count <= byteLimit else { throw LeaseFileProblem.tooLarge }
            try stateFolder.replace(Self.name, with: bytes, isDurable: isDurable)
            contents.bytes = bytes
        }
        return Update(result: result, contents: contents, movedAside: movedAside)
    }

    private func moveAside() throws(LeaseFileProblem) -> String {
        let stem = path + ".damaged-\(Timestamp.now)"
        var aside = stem
        var count = 1
        // An earlier one of the same second is evidence too; the lock keeps the name free.
        while unsafe access(aside, F_OK) == 0 {
            count += 1
            aside = "\(stem)-\(count)"
        }
        guard unsafe rename(path, aside) == 0 else { throw .system(SystemError("rename")) }
        return aside
    }
}

extension LeaseFile.Update: Sendable where Result: Sendable {}

extension LeaseFile {
    /// Distinguishes a file from its replacement, for the price of one system call.
    struct Stamp: Hashable {
        private var device: UInt64
        private var inode: UInt64
        private var size: Int64
        private var seconds: Int
        private var nanoseconds: Int

        /// The stamp of the file at a path; `nil` if there is none.
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

    /// The stamp of the present file; `nil` if there is none.
    var stamp: Stamp? { Stamp.of(path) }

    /// Watches for a replacement or deletion of the file by any process.
    ///
    /// - Returns: the watch.
    /// - Throws: `SystemError`; before the first update the folder may not exist.
    func watch() throws(SystemError) -> FolderWatch { try FolderWatch(folder ?? "") }
}

extension LeaseTable {
    /// Sets aside expired leases and removes holders that no longer run.
    mutating func settle(at now: Timestamp) {
        setAsideExpired(at: now)
        removeDeadHolders(\.isAlive)
    }
}
