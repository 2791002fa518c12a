import CSystemCalls
import Glibc

/// Readiness of descriptors, with deadlines and cancellation, over one poll(2) thread.
///
/// It is an executor too: tasks that prefer it run on that thread, so that a process whose main
/// thread it takes needs no other one, and no switch between two, for a question and its answer.
/// Such a task must not block.
///
/// Neither Dispatch (never wakes on a UDP socket's error) nor SwiftNIO (traps on some of them) will
/// do here; CONTRIBUTING describes the failures seen.
package final class Reactor: TaskExecutor {
    /// The process's one reactor; its thread starts with the first wait, unless it takes one over.
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
        /// The next steps of tasks that prefer this executor.
        var jobs: [UnownedJob] = []
        var hasThread = false
        /// Whether the thread waits in poll or is about to, and has to be woken for what is new.
        var isPolling = false
    }

    /// A descriptor that is watched for good.
    private struct Watch {
        var descriptor: Int32
        var whenReadable: () -> Void
    }

    /// After how many rounds of jobs the thread looks at its descriptors, however many jobs wait.
    private static let roundsOfJobs = 16

    private let state = Locked(State())
    /// An eventfd that interrupts poll when the set of waits has changed.
    private let wakeUp: Int32

    /// The errno if `wakeUp` could not be created.
    private let problem: Int32

    init() {
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

    /// Waits until `deadline`.
    ///
    /// `Task.sleep` would start Dispatch's threads, which a short run does not need otherwise.
    ///
    /// - Throws: `CancellationError`, `SystemError`.
    package func sleep(until deadline: ContinuousClock.Instant) async throws {
        // poll skips a negative descriptor.
        _ = try await wait(for: -1, events: 0, until: deadline)
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

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let startsThread = state.withLock { state in
            state.jobs.append(job)
            defer { state.hasThread = true }
            return !state.hasThread
        }
        if startsThread { startThread() } else { wakeThread() }
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

    /// Makes the thread look at what is new; it does by itself after what it is doing.
    private func wakeThread() {
        guard state.current.isPolling else { return }
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

    /// Makes the calling thread this reactor's, which must not have one yet, until the process ends.
    ///
    /// - Parameters:
    ///   - descriptor: an open descriptor that is watched as well.
    ///   - whenReadable: called on this thread whenever `descriptor` can be read, also while tasks
    ///     have more to do. It must read what is there, and not block.
    ///   - start: starts the first task.
    package func takeThread(
        watching descriptor: Int32, whenReadable: @escaping () -> Void, start: () -> Void
    ) -> Never {
        state.withLock { $0.hasThread = true }
        start()
        run(watching: Watch(descriptor: descriptor, whenReadable: whenReadable))
    }

    private func run(watching watch: Watch? = nil) -> Never {
        while true {
            var rounds = 0
            while rounds < Self.roundsOfJobs, runJobs() { rounds += 1 }
            pollOnce(watch)
        }
    }

    /// Runs the jobs that wait now.
    ///
    /// - Returns: whether there were any.
    private func runJobs() -> Bool {
        let jobs = state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        return !jobs.isEmpty
    }

    private func pollOnce(_ watch: Watch?) {
        let (identifiers, descriptors, timeout) = state.withLock { state in
            state.isPolling = state.jobs.isEmpty
            return state.pollArguments
        }
        // poll skips a negative descriptor.
        let own = [wakeUp, watch?.descriptor ?? -1].map {
            pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
        }
        var polled = own + descriptors
        _ = unsafe poll(&polled, nfds_t(polled.count), timeout)
        let now = ContinuousClock.now
        let ended = state.withLock { state in
            state.isPolling = false
            return zip(identifiers, polled.dropFirst(own.count)).compactMap { identifier, polled in
                state.end(identifier, isReady: polled.revents != 0, at: now)
            }
        }
        if polled[0].revents != 0 {
            var count: UInt64 = 0
            _ = unsafe read(wakeUp, &count, 8)
        }
        if polled[1].revents != 0 { watch?.whenReadable() }
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
        guard jobs.isEmpty else { return (identifiers, descriptors, 0) }
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
