import Dispatch
import Glibc

/// A program that was started.
package final class ChildProcess: Sendable {
    private let identifier: pid_t
    private let leadsGroup: Bool
    /// Whether it was waited for, so that its number may be another's.
    private let isGone = Locked(false)
    /// The groups of children that were not waited for.
    private static let groups = Locked(Set<pid_t>())

    /// Starts a program found by PATH.
    ///
    /// The child ignores the signals that this process ignores; those that this process catches have
    /// their usual effect on the child.
    ///
    /// - Parameters:
    ///   - arguments: its name and its arguments, as bytes: not every argument is a text.
    ///   - environment: what differs from this process's environment; `nil` removes a variable.
    ///   - input: its standard input; `nil` is this process's.
    ///   - output: its standard output; `nil` is this process's.
    ///   - leadsGroup: whether it leads a process group of its own, which `send` then means.
    /// - Throws: `SystemError` when there is no such program or it cannot be started.
    package init(
        _ arguments: [[UInt8]], environment: [String: String?], input: Int32? = nil,
        output: Int32? = nil, leadsGroup: Bool = false
    ) throws(SystemError) {
        // Where the one who started us ignores it, the kernel keeps no status for us.
        _ = signal(SIGCHLD, SIG_DFL)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A child inherits the mask of the thread that starts it: on the threads of Swift's tasks
        // nearly every signal is blocked.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        let flags = POSIX_SPAWN_SETSIGMASK | (leadsGroup ? POSIX_SPAWN_SETPGROUP : 0)
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        if let input { unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO) }
        if let output { unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO) }
        var words = unsafe arguments.map { unsafe Self.copy($0) } + [nil]
        var variables = unsafe Self.environment(changedBy: environment)
        let texts = unsafe words + variables
        defer { for index in unsafe texts.indices { unsafe free(texts[index]) } }
        guard let program = unsafe words.first.flatMap(\.self) else {
            throw SystemError("posix_spawn", code: ENOENT)
        }
        var identifier: pid_t = 0
        let code = unsafe posix_spawnp(
            &identifier, program, &actions, &attributes, &words, &variables)
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        self.identifier = identifier
        self.leadsGroup = leadsGroup
        if leadsGroup { Self.groups.withLock { _ = $0.insert(identifier) } }
    }

    /// The same with arguments that are texts.
    package convenience init(
        _ arguments: [String], environment: [String: String?], input: Int32? = nil,
        output: Int32? = nil, leadsGroup: Bool = false
    ) throws(SystemError) {
        try self.init(
            arguments.map { Array($0.utf8) }, environment: environment, input: input,
            output: output, leadsGroup: leadsGroup)
    }

    /// Kills every group that a child leads, for a process that ends without waiting for them.
    package static func killGroups() {
        groups.withLock { for group in $0 { kill(-group, SIGKILL) } }
    }

    /// Sends it a signal, or its whole group where it leads one; nobody once it was waited for.
    package func send(_ signal: Int32) {
        isGone.withLock { isGone in
            if !isGone { kill(leadsGroup ? -identifier : identifier, signal) }
        }
    }

    /// Calls `body` at its end, with its exit status, 128 + n when signal n ended it; once.
    package func whenEnded(_ body: @escaping @Sendable (Int32) -> Void) {
        // A queue of its own has a thread that may block.
        DispatchQueue(label: "child").async { [self] in body(waitForEnd()) }
    }

    /// Waits for its end, however often the task is cancelled, in place of `whenEnded`.
    package func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            whenEnded { continuation.resume(returning: $0) }
        }
    }

    private func waitForEnd() -> Int32 {
        var information = unsafe siginfo_t()
        // The number stays the child's until it is taken below, where nobody sends to it.
        while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) != 0,
            errno == EINTR
        {}
        return isGone.withLock { isGone in
            isGone = true
            Self.groups.withLock { _ = $0.remove(identifier) }
            var status: Int32 = 0
            unsafe waitpid(identifier, &status, 0)
            let signal = status & 0x7F
            return signal == 0 ? status >> 8 & 0xFF : 128 + signal
        }
    }

    /// This process's environment with some variables changed, to be freed one by one.
    private static func environment(
        changedBy changes: [String: String?]
    ) -> [UnsafeMutablePointer<CChar>?] {
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe []
        var next = unsafe environ
        while let text = unsafe next.pointee {
            // By bytes: "=" and an accent are one Character.
            let name = unsafe String(cString: text).utf8.prefix { $0 != UInt8(ascii: "=") }
            // Copied as it is, for not every value is a text.
            if changes[String(decoding: name, as: UTF8.self)] == nil {
                unsafe variables.append(strdup(text))
            }
            unsafe next += 1
        }
        return unsafe variables
            + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
            .map { unsafe copy(Array($0.utf8)) } + [nil]
    }

    /// C's form of a text, to be freed.
    private static func copy(_ text: [UInt8]) -> UnsafeMutablePointer<CChar>? {
        unsafe strdup(text.map(CChar.init(bitPattern:)) + [0])
    }
}
