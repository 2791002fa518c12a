import CSystemCalls
import Glibc

/// One timer, which counts the time that the machine sleeps and is never early.
///
/// A wait in poll(2) would not do: its time stands still while the machine sleeps.
final class BootTimeTimer: Sendable {
    let descriptor: Int32

    /// A timer that is not set.
    ///
    /// - Throws: `SystemError` of timerfd_create(2).
    init() throws(SystemError) {
        let flags = Int32(TFD_CLOEXEC | TFD_NONBLOCK)
        descriptor = timerfd_create(CLOCK_BOOTTIME, flags)
        guard descriptor >= 0 else { throw SystemError("timerfd_create") }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Rings once at `instant`, at once when that has passed, never for `nil`.
    ///
    /// What was set before no longer counts, nor does a ring that nobody has waited for. Whoever is
    /// waiting goes on waiting, for the new time.
    func set(to instant: ContinuousClock.Instant?) {
        var setting = itimerspec()
        if let instant { setting.it_value = (instant - ContinuousClock.now).timerValue }
        // It fails for a bad descriptor or value, and neither occurs.
        _ = unsafe timerfd_settime(descriptor, 0, &setting, nil)
    }

    /// Waits until it has rung; a ring that was not waited for ends the next wait.
    ///
    /// - Throws: `CancellationError`.
    func wait() async throws {
        while true {
            var rings: UInt64 = 0
            // It may have been set anew after it had rung; then there is nothing to read.
            if unsafe read(descriptor, &rings, 8) == 8 { return }
            _ = try await Reactor.shared.wait(for: descriptor, events: POLLIN)
        }
    }
}

extension Duration {
    /// For timerfd_settime(2), rounded up; zero would unset the timer.
    fileprivate var timerValue: timespec {
        // A century is as good as any longer time, and cannot overflow.
        let (seconds, attoseconds) = min(self, .seconds(3_200_000_000)).components
        guard seconds > 0 || attoseconds > 0 else { return timespec(tv_sec: 0, tv_nsec: 1) }
        let nanoseconds = (attoseconds + 999_999_999) / 1_000_000_000
        return nanoseconds < 1_000_000_000
            ? timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
            : timespec(tv_sec: Int(seconds) + 1, tv_nsec: 0)
    }
}
