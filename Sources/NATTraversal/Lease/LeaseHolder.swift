import Glibc

/// A process that keeps a lease's mapping alive, as the lease file names it.
///
/// The process identifier alone is not enough, because the kernel reuses it. A process of another
/// PID namespace that shares the file counts as ended.
struct LeaseHolder: Hashable, Sendable {
    var processID: Int32
    /// When the process started, in clock ticks since the boot; `nil` if /proc is not readable.
    var startTime: UInt64?
    /// The boot that the ticks count from; `nil` if /proc is not readable.
    var bootID: String?
    /// Distinguishes the holders of one process: a program may hold a mapping twice.
    var number: Int32

    private static let lastNumber = Locked(Int32(0))

    /// A new holder of this process.
    static func new() -> LeaseHolder {
        let number = lastNumber.withLock { last in
            last &+= 1
            return last
        }
        return LeaseHolder(
            processID: getpid(), startTime: ProcessStatus.of(getpid())?.startTime,
            bootID: ProcessStatus.bootID, number: number)
    }

    /// Whether its process still runs.
    var isAlive: Bool {
        isAlive(
            exists: ProcessStatus.exists(processID), status: ProcessStatus.of(processID),
            bootID: ProcessStatus.bootID)
    }

    /// Whether its process still runs, judged by the present process with that identifier.
    ///
    /// - Parameters:
    ///   - exists: whether a process has the identifier.
    ///   - status: that process; if it is `nil`, because /proc is not readable, existence is
    ///     enough.
    ///   - bootID: the present boot; `nil` if it is unknown.
    /// - Returns: `false` if the process has ended or the identifier is another one's now.
    func isAlive(exists: Bool, status: ProcessStatus?, bootID: String?) -> Bool {
        guard exists, status?.hasEnded != true else { return false }
        if let mine = self.bootID, let bootID, mine != bootID { return false }
        if let startTime, let status, startTime != status.startTime { return false }
        return true
    }
}

extension LeaseHolder {
    /// Reads an element of a record's `holders`.
    ///
    /// - Returns: `nil` for anything else, which does not count as a holder.
    init?(_ value: JSONValue) {
        guard let members = value.object,
            let processID = members["pid"]?.integer.flatMap(Int32.init(exactly:)), processID > 0
        else { return nil }
        self.processID = processID
        startTime = members["started"]?.integer.flatMap(UInt64.init(exactly:))
        bootID = members["boot"]?.string
        number = members["number"]?.integer.flatMap(Int32.init(exactly:)) ?? 0
    }

    /// The element of a record's `holders`.
    var document: JSONValue {
        [
            "pid": JSONValue(processID), "started": JSONValue(startTime),
            "boot": JSONValue(bootID), "number": JSONValue(number),
        ]
    }
}

/// The state of a process by proc(5).
struct ProcessStatus: Equatable, Sendable {
    /// Whether it has ended and only waits for its parent.
    var hasEnded: Bool
    /// In clock ticks since the boot.
    var startTime: UInt64
}

extension ProcessStatus {
    /// Reads the text of /proc/PID/stat.
    ///
    /// - Returns: `nil` for any other text.
    init?(parsing text: String) {
        // The second field is a name in parentheses, and may contain spaces and parentheses.
        guard let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: nameEnd)...].split(separator: " ")
        // These begin with the third field; the 22nd is the time.
        guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
        hasEnded = fields[0] == "Z" || fields[0] == "X"
        self.startTime = startTime
    }

    /// The status of a process; `nil` when there is none, or /proc is not readable.
    static func of(_ processID: Int32) -> ProcessStatus? {
        text(of: "/proc/\(processID)/stat").flatMap(ProcessStatus.init(parsing:))
    }

    /// Whether there is such a process, this user's or another's.
    static func exists(_ processID: Int32) -> Bool {
        // Zero and negative numbers name process groups.
        processID > 0 && (kill(processID, 0) == 0 || errno == EPERM)
    }

    /// The identifier of the present boot; `nil` where /proc is not readable.
    static var bootID: String? {
        text(of: "/proc/sys/kernel/random/boot_id").map { String($0.prefix { $0 != "\n" }) }
    }

    private static func text(of path: String) -> String? {
        let bytes = try? FileDescriptor(opening: path, flags: O_RDONLY | O_CLOEXEC)
            .read(limit: 4096)
        return bytes.map { String(decoding: $0, as: UTF8.self) }
    }
}
