import CSystemCalls
import Glibc

/// Rings when a file of a folder has been replaced or deleted (inotify(7)).
///
/// What it was is not told: a look at the file says more. A folder that is deleted rings no more.
final class FolderWatch: Sendable {
    private let descriptor: Int32

    /// Watches from now on.
    ///
    /// - Throws: `SystemError` of inotify_init1(2) or inotify_add_watch(2): there is no such folder,
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

    /// Waits until something has happened since the last wait; several events ring once.
    ///
    /// - Throws: `SystemError`, `CancellationError`.
    func wait() async throws {
        while try !takeEvents() {
            _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN)
        }
    }

    /// Drops what has happened; the result is whether there was anything.
    private func takeEvents() throws(SystemError) -> Bool {
        // Room for dozens, and for the longest name in any case.
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
