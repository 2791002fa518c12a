import CSystemCalls
import Glibc

/// Readiness of descriptors, with deadlines and cancellation, over one poll(2) thread.
///
/// Neither Dispatch (never wakes on a UDP socket's error) nor SwiftNIO (traps on some of them) will
/// do here; CONTRIBUTING describes the failures seen.
package final class Reactor: Sendable {
    /// The process's one reactor; its thread starts with the first wait.
    package static let shared = Reactor()

    fileprivate struct Wait {
        var descriptor: Int32
        var events: Int16
        var deadline: ContinuousClock.Instant?
        var continuation: CheckedContinuation<Bool, any Error>
    }

    fileprivate struct State {
        var waits: [UInt64: Wait] = [:]
        /// Waits that were cancelled before they were registered.
        var cancelled: Set<UInt64> = []
        var lastIdentifier: UInt64 = 0
        var hasThread = false
    }

    private let state = Locked(State())
    /// An eventfd that interrupts poll when the set of waits has changed.
    private let wakeUp: Int32

    /// The errno if `wakeUp` could not be created.
    private let problem: Int32

    private init() {
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        problem = wakeUp < 0 ? errno : 0
    }

    /// Waits until `descriptor` is ready for `events` (`POLLIN`, `POLLOUT`) or has an error.
    ///
    /// - Parameters:
    ///   - descriptor: an open descriptor that stays open until this returns.
    ///   - events: poll(2)'s events.
    ///   - deadline: when to stop waiting; `nil` waits forever.
    /// - Returns: `true` when the blocking call is worth making, `false` at the deadline.
    /// - Throws: `CancellationError` when the task is cancelled; `SystemError` when the thread
    ///   cannot be started, which the next wait tries again, or cannot be woken.
    package func wait(
        for descriptor: Int32, events: Int32, until deadline: ContinuousClock.Instant? = nil
    ) async throws -> Bool {
        guard wakeUp >= 0 else { throw SystemError("eventfd", code: problem) }
        let identifier = state.withLock { state in
            state.lastIdentifier += 1
            return state.lastIdentifier
        }
        defer { state.withLock { _ = $0.cancelled.remove(identifier) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enter(
                    Wait(
                        descriptor: descriptor, events: Int16(truncatingIfNeeded: events),
                        deadline: deadline, continuation: continuation),
                    as: identifier)
            }
        } onCancel: {
            cancel(identifier)
        }
    }

    private func enter(_ wait: Wait, as identifier: UInt64) {
        let startsThread: Bool? = state.withLock { state in
            if state.cancelled.remove(identifier) != nil { return nil }
            state.waits[identifier] = wait
            defer { state.hasThread = true }
            return !state.hasThread
        }
        switch startsThread {
        case nil: wait.continuation.resume(throwing: CancellationError())
        case true?: startThread()
        case false?: wakeThread()
        }
    }

    private func cancel(_ identifier: UInt64) {
        let wait = state.withLock { state -> Wait? in
            if let wait = state.waits.removeValue(forKey: identifier) { return wait }
            state.cancelled.insert(identifier)
            return nil
        }
        guard let wait else { return }
        wakeThread()
        wait.continuation.resume(throwing: CancellationError())
    }

    private func wakeThread() {
        var one: UInt64 = 1
        // A full eventfd already wakes the thread, so the result does not matter.
        _ = unsafe write(wakeUp, &one, 8)
    }

    private func startThread() {
        var thread = pthread_t()
        let reactor = unsafe Unmanaged.passRetained(self)
        let error = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    unsafe Unmanaged<Reactor>.fromOpaque(argument).takeRetainedValue().run()
                }
                return nil
            }, reactor.toOpaque())
        guard error != 0 else {
            pthread_detach(thread)
            return
        }
        unsafe reactor.release()
        let waits = state.withLock { state in
            state.hasThread = false
            defer { state.waits = [:] }
            return state.waits
        }
        for wait in waits.values {
            wait.continuation.resume(throwing: SystemError("pthread_create", code: error))
        }
    }

    private func run() -> Never {
        while true { pollOnce() }
    }

    private func pollOnce() {
        let (identifiers, descriptors, timeout) = state.withLock(\.pollArguments)
        var polled = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)] + descriptors
        _ = unsafe poll(&polled, nfds_t(polled.count), timeout)
        if polled[0].revents != 0 {
            var count: UInt64 = 0
            _ = unsafe read(wakeUp, &count, 8)
        }
        let now = ContinuousClock.now
        let ended = state.withLock { state in
            zip(identifiers, polled.dropFirst()).compactMap { identifier, polled in
                state.end(identifier, isReady: polled.revents != 0, at: now)
            }
        }
        for (continuation, isReady) in ended { continuation.resume(returning: isReady) }
    }
}

extension Reactor.State {
    /// The waits in any order, their entries for poll, and its timeout in milliseconds.
    var pollArguments: ([UInt64], [pollfd], Int32) {
        var identifiers: [UInt64] = []
        var descriptors: [pollfd] = []
        for (identifier, wait) in waits {
            identifiers.append(identifier)
            descriptors.append(pollfd(fd: wait.descriptor, events: wait.events, revents: 0))
        }
        guard let first = waits.values.compactMap(\.deadline).min() else {
            return (identifiers, descriptors, -1)
        }
        // Rounded up, so that poll never returns just before the deadline; at most an hour, so that
        // any deadline fits.
        let milliseconds = (first - .now) / .milliseconds(1)
        return (identifiers, descriptors, Int32(max(0, min(milliseconds.rounded(.up), 3_600_000))))
    }

    /// Removes a wait that is ready or past its deadline.
    mutating func end(
        _ identifier: UInt64, isReady: Bool, at now: ContinuousClock.Instant
    ) -> (CheckedContinuation<Bool, any Error>, Bool)? {
        guard let wait = waits[identifier] else { return nil }
        guard isReady || wait.deadline.map({ $0 <= now }) == true else { return nil }
        waits[identifier] = nil
        return (wait.continuation, isReady)
    }
}
