import Glibc
import NATTraversalSupport
import Testing

@testable import NATTraversal

@Suite("The reactor, as the executor of a thread that it takes,") struct ReactorTests {
    /// A reactor on a thread of its own, which stays, and a pipe that it watches.
    private final class Taken: Sendable {
        let reactor = Reactor()
        let ends: [Int32]
        private let readings = Locked(0)

        var readCount: Int { readings.current }

        init() {
            var ends: [Int32] = [-1, -1]
            _ = unsafe pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            self.ends = ends
        }

        /// Runs `body` on the thread, which is started with it.
        func run<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
            await withCheckedContinuation { continuation in
                ReactorTests.startThread { [self] in
                    reactor.takeThread(watching: ends[0], whenReadable: read) {
                        Task.detached(executorPreference: reactor) {
                            continuation.resume(returning: await body())
                        }
                    }
                }
            }
        }

        func write() { _ = unsafe Glibc.write(ends[1], [1] as [UInt8], 1) }

        private func read() {
            var byte: UInt8 = 0
            while unsafe Glibc.read(ends[0], &byte, 1) == 1 { readings.withLock { $0 += 1 } }
        }
    }

    fileprivate static func startThread(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Locked(body))
        _ = unsafe pthread_create(
            &thread, nil,
            { argument in
                if let argument = unsafe argument {
                    let box = unsafe Unmanaged<Locked<@Sendable () -> Void>>.fromOpaque(argument)
                    unsafe box.takeRetainedValue().current()
                }
                return nil
            }, box.toOpaque())
        pthread_detach(thread)
    }

    @Test("sleeps until a point in time, unless the task is cancelled")
    func sleeps() async throws {
        let start = ContinuousClock.now
        let ends = [30, 10, 20].map { start + .milliseconds($0) }
        let woken = Locked<[ContinuousClock.Instant]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for end in ends {
                group.addTask {
                    try await Reactor.shared.sleep(until: end)
                    #expect(.now >= end)
                    woken.withLock { $0.append(end) }
                }
            }
            try await group.waitForAll()
        }
        #expect(woken.current.count == ends.count)

        let sleeper = Task { try await Reactor.shared.sleep(until: .now + .seconds(3600)) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test("runs a task and its children on that thread alone, through waits and time limits")
    func runsThere() async throws {
        let taken = Taken()
        let threads = await taken.run { [reactor = taken.reactor] in
            let threads = Locked<Set<pthread_t>>([pthread_self()])
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try? await reactor.wait(
                            for: STDIN_FILENO, events: 0, until: .now + .milliseconds(5))
                        threads.withLock { _ = $0.insert(pthread_self()) }
                        await Task.yield()
                        threads.withLock { _ = $0.insert(pthread_self()) }
                    }
                }
            }
            return threads.current
        }
        #expect(threads.count == 1)
    }

    @Test("looks at what it watches while a task has always more to do, and while none has")
    func watches() async throws {
        let taken = Taken()
        let turns = await taken.run {
            var turns = 0
            for count in 1...3 {
                taken.write()
                while taken.readCount < count {
                    turns += 1
                    await Task.yield()
                }
            }
            return turns
        }
        #expect(turns > 3)
        taken.write()
        while taken.readCount < 4 { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test("is woken by jobs and cancellations that come from other threads")
    func isWoken() async throws {
        let taken = Taken()
        await taken.run {}
        for _ in 0..<50 {
            let waiting = Task(executorPreference: taken.reactor) {
                try await taken.reactor.wait(for: taken.ends[1], events: 0)
            }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test("A receive whose deadline has passed looks once, and notices a cancellation")
    func receivesNothing() async throws {
        let socket = try UDPSocket(.ipv4)
        #expect(try await socket.receive(until: .now) == nil)
        let cancelled = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await socket.receive(until: .now)
        }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
    }
}
