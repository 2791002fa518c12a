import Glibc
import NATTraversal

/// A program that was started and has not been waited for yet.
struct ChildProcess {
    private let identifier: pid_t

    /// Starts a program found by PATH.
    ///
    /// - Parameters:
    ///   - arguments: its name and its arguments.
    ///   - environment: what it gets besides this process's environment.
    /// - Throws: `SystemError` when there is no such program or it cannot be started.
    init(_ arguments: [String], environment: [String: String]) throws(SystemError) {
        for (name, value) in environment { unsafe setenv(name, value, 1) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A child inherits what this process ignores, and the mask of the thread that starts it:
        // on the threads of Swift's tasks nearly every signal is blocked.
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var identifier: pid_t = 0
        let code = unsafe posix_spawnp(
            &identifier, arguments[0], nil, &attributes, &words, environ)
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        self.identifier = identifier
    }

    /// Sends it a signal.
    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Its exit status, 128 + n when signal n ended it; `nil` while it runs.
    func statusIfEnded() -> Int32? {
        var status: Int32 = 0
        guard unsafe waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}
