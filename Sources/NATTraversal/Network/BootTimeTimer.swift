import CSystemCalls
import Glibc

/// A timer that also counts time while the machine sleeps, and never fires early.
///
/// A timeout of poll(2) would not do: its clock stops while the machine sleeps.
final class BootTimeTimer: Sendable {
    let descriptor: Int32

    /// Creates a timer that is not set.
    ///
    /// - Throws: `SystemError` of timerfd_create(2).
    init() throws(SystemError) {
        let flags = Int32(TFD_CLOEXEC | TFD_NONBLOCK)
        descriptor = timerfd_create(CLOCK_BOOTTIME, flags)
        guard descriptor >= 0 else { throw SystemError("timerfd_create") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Fires once at `instant`, at once when that has passed, never for `nil`.
    ///
    /// This replaces the earlier time and discards an expiry that nobody has waited for. A pending
    /// wait continues, for the new time.
    func set(to instant: ContinuousClock.Instant?) {
        var setting = itimerspec()
        if let instant { setting.it_value = (instant - ContinuousClock.now).timerValue }
        // It fails only for a bad descriptor or value, and neither occurs.
        _ = unsafe timerfd_settime(descriptor, 0, &setting, nil)
    }

    /// Waits until the timer fires; an earlier expiry ends the wait at once.
    ///
    /// - Throws: `CancellationError`.
    func wait() async throws {
        while true {
            var rings: UInt64 = 0
            // The timer may have been set again after it fired; then there is nothing to read.
            if unsafe read(descriptor, &rings, 8) == 8 { return }
            _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN)
        }
    }
}

extension Duration {
    /// For timerfd_settime(2), rounded up; zero would unset the timer.
    fileprivate var timerValue: timespec {
        // Cut to a century, which cannot overflow.
        let (seconds, attoseconds) = min(self, .seconds(3_200_000_000)).components
        guard seconds > 0 || attoseconds > 0 else { return timespec(tv_sec: 0, tv_nsec: 1) }
        let nanoseconds = (attoseconds + 999_999_999) / 1_000_000_000
        return nanoseconds < 1_000_000_000
            ? timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
            : timespec(tv_sec: Int(seconds) + 1, tv_nsec: 0)
    }
}
