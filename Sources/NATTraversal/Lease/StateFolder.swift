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
