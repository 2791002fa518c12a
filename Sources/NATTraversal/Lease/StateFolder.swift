import CSystemCalls
import Glibc

/// The folder of natctl's files.
struct StateFolder: Sendable {
    /// How many files to look at, and how many to remove, in one go: another user may have filled
    /// the folder.
    private static let scanLimit = 4096
    private static let removalLimit = 64

    let path: String

    /// Makes the folder and any missing ones above it, for this user alone.
    func make() throws(LeaseFileProblem) { try Self.make(path) }

    private static func make(_ path: String) throws(LeaseFileProblem) {
        if unsafe mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            throw .system(SystemError("mkdir"))
        }
        try make(String(path[..<slash]))
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .system(SystemError("mkdir"))
        }
    }

    /// Reads a file whole.
    ///
    /// - Parameters:
    ///   - name: the file's name in the folder.
    ///   - sizeLimit: its largest size in bytes.
    /// - Returns: the bytes; `nil` when there is no such file.
    /// - Throws: `LeaseFileProblem`, `.damaged` for a larger file or one that is not a regular file.
    func bytes(of name: String, sizeLimit: Int) throws(LeaseFileProblem) -> [UInt8]? {
        do throws(LeaseFileProblem) {
            let file = try FileDescriptor(
                opening: path + "/" + name,
                flags: O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            return try file.read(limit: sizeLimit)
        } catch {
            guard case .system(let cause) = error, cause.code == ENOENT else { throw error }
            return nil
        }
    }

    /// Replaces a file as a whole, so that no reader sees half of it.
    ///
    /// - Parameters:
    ///   - name: the file's name in the folder.
    ///   - bytes: its new content.
    ///   - isDurable: whether to return only after the disk has stored it.
    /// - Throws: `LeaseFileProblem.system`; the old file is still there then.
    func replace(
        _ name: String, with bytes: [UInt8], isDurable: Bool
    ) throws(LeaseFileProblem) {
        let temporary =
            path + "/"
            + Self.temporaryName(of: name, process: getpid(), random: .random(in: 0 ... .max))
        do throws(LeaseFileProblem) {
            let file = try FileDescriptor(
                opening: temporary, flags: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)
            try file.write(bytes)
            if isDurable { try file.synchronize() }
            guard unsafe rename(temporary, path + "/" + name) == 0 else {
                throw .system(SystemError("rename"))
            }
        } catch {
            unsafe unlink(temporary)
            throw error
        }
        guard isDurable else { return }
        try FileDescriptor(opening: path, flags: O_RDONLY | O_DIRECTORY | O_CLOEXEC).synchronize()
    }

    /// Whether other users can replace or delete files in the folder (T-15).
    var isExposed: Bool {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return false }
        return Self.isExposed(
            mode: status.st_mode, owner: status.st_uid, group: status.st_gid, to: geteuid())
    }

    /// Whether users other than `user` and root can write to a folder.
    static func isExposed(mode: UInt32, owner: UInt32, group: UInt32, to user: UInt32) -> Bool {
        if owner != user && owner != 0 || mode & 0o002 != 0 { return true }
        // A group with the user's own number usually has no other member.
        return mode & 0o020 != 0 && group != user && group != 0
    }

    /// Removes the temporary files that killed processes left when they replaced a file; the caller
    /// holds the lock that replacing takes.
    func removeLeftovers(of name: String) {
        guard let folder = unsafe opendir(path) else { return }
        defer { unsafe closedir(folder) }
        var removed = 0
        for _ in 0..<Self.scanLimit where removed < Self.removalLimit {
            guard let entry = unsafe readdir(folder) else { return }
            let type = unsafe entry.pointee.d_type
            // Some file systems do not report the type here.
            guard type == UInt8(DT_REG) || type == UInt8(DT_UNKNOWN) else { continue }
            let leftover = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            guard let process = Self.process(ofTemporary: leftover, of: name),
                !ProcessStatus.exists(process), isRegular(leftover)
            else { continue }
            if unsafe unlink(path + "/" + leftover) == 0 { removed += 1 }
        }
    }

    /// The process in the name of a temporary file, `leases.json.PID.RANDOM`; `nil` for another
    /// file's name.
    static func process(ofTemporary temporary: String, of name: String) -> Int32? {
        guard temporary.hasPrefix(name + ".") else { return nil }
        let numbers = temporary.dropFirst(name.count + 1)
            .split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 2, let process = Int32(numbers[0]), process > 0,
            let random = UInt32(numbers[1]),
            // natctl writes no signs or leading zeros.
            temporary == Self.temporaryName(of: name, process: process, random: random)
        else { return nil }
        return process
    }

    /// The name of the file that replaces another one.
    static func temporaryName(of name: String, process: Int32, random: UInt32) -> String {
        "\(name).\(process).\(random)"
    }

    private func isRegular(_ name: String) -> Bool {
        var status = stat()
        return unsafe lstat(path + "/" + name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
