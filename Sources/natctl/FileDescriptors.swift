import Glibc

/// The file descriptors that this process may still open, as they were at its start.
///
/// Dispatch opens its own with the first task and the first timer, and traps where it cannot.
struct FileDescriptors: Sendable {
    /// So many are enough for any command on a usual host.
    static let needed = 16
    /// With so many none that is opened late can be missing.
    private static let plenty = 64

    /// How many there are, counted up to `plenty`.
    let free: Int

    /// Counts them, where the limit does not say already that there is plenty: numbers are taken
    /// from the bottom, so that above a free one, at the start of a process, all are free.
    init() {
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
            limit.rlim_cur >= 4 * Self.plenty
        {
            // No higher than needed: the kernel's table grows to the highest number used, and limits
            // of a million are common in containers.
            let lowest = Int32(3 * Self.plenty)
            let copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, lowest)
            if copy >= 0 { close(copy) }
            if copy == lowest {
                free = Self.plenty
                return
            }
        }
        var copies: [Int32] = []
        while copies.count < Self.plenty {
            let copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)
            guard copy >= 0 else { break }
            copies.append(copy)
        }
        for copy in copies { close(copy) }
        free = copies.count
    }

    /// Whether nothing should be begun.
    var areTooFew: Bool { free < Self.needed }

    /// Lets Dispatch open its own now, where there may be none left later.
    func reserveForTimers() async {
        if free < Self.plenty { try? await Task.sleep(for: .nanoseconds(1)) }
    }
}
