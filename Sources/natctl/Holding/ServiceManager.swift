import Glibc
import NATTraversal

/// What started this process as a service, told by sd_notify(3)'s protocol how it does.
struct ServiceManager: Sendable {
    /// The bytes of `sun_path`; a leading NUL is an abstract name.
    private let path: [UInt8]

    /// The one that `NOTIFY_SOCKET` names; `nil` where it names none that can be spoken to.
    init?(_ name: String? = environment("NOTIFY_SOCKET")) {
        guard let name, name.hasPrefix("/") || name.hasPrefix("@") else { return nil }
        var path = Array(name.utf8)
        if path[0] == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.path = path
    }

    /// Sends assignments, `READY=1`; nobody waits, and when it does not arrive nobody is told.
    func tell(_ assignments: String...) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path) }
        // An abstract name ends where the length says, not at a NUL.
        let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
        let message = Array(assignments.joined(separator: "\n").utf8)
        _ = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe sendto(
                    descriptor, message, message.count,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT), pointer, length)
            }
        }
    }

    /// Tells that the state is asked for again, which is done by the time it is told.
    func tellReload() {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        tell("RELOADING=1", "MONOTONIC_USEC=\(now.tv_sec * 1_000_000 + now.tv_nsec / 1000)")
        tell("READY=1")
    }
}
