import CSystemCalls
import Glibc

/// Reports that a file in a folder was replaced or deleted (inotify(7)).
///
/// It does not report which file; the caller reads the one it needs. A deleted folder is silent.
final class FolderWatch: Sendable {
    private let descriptor: Int32

    /// Starts watching.
    ///
    /// - Throws: `SystemError` of inotify_init1(2) or inotify_add_watch(2): the folder is missing,
    ///   or the user has too many watches.
    init(_ path: String) throws(SystemError) {
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0 else { throw SystemError("inotify_init1") }
        let events = UInt32(IN_MOVED_TO) | UInt32(IN_DELETE) | UInt32(IN_ONLYDIR)
        guard unsafe inotify_add_watch(descriptor, path, events) >= 0 else {
            throw SystemError("inotify_add_watch")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Waits for an event since the last wait; several events end one wait.
    ///
    /// - Throws: `SystemError`, `CancellationError`.
    func wait() async throws {
        while try !takeEvents() {
            _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN)
        }
    }

    /// Discards pending events; returns whether there were any.
    private func takeEvents() throws(SystemError) -> Bool {
        // Holds dozens of events, and at least one with the longest name.
        var buffer = [UInt8](repeating: 0, count: 4096)
        var hasEvents = false
        while true {
            let count = unsafe read(descriptor, &buffer, buffer.count)
            if count > 0 {
                hasEvents = true
            } else if count == 0 || errno == EAGAIN {
                return hasEvents
            } else if errno != EINTR {
                throw SystemError("read")
            }
        }
    }
}
