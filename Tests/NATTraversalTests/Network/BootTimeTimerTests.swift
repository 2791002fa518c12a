import Foundation
import Testing

@testable import NATTraversal

@Suite("Wake-up call", .timeLimit(.minutes(10))) struct BootTimeTimerTests {
    private let call: BootTimeTimer

    init() throws { call = try BootTimeTimer() }

    /// The first moment at which the call is known to have rung.
    private func ring() async throws -> ContinuousClock.Instant {
        try await call.wait()
        return .now
    }

    @Test(
        "rings when it was set to, not before, and at once where that has passed",
        arguments: [Duration.milliseconds(20), .nanoseconds(1), .zero, .seconds(-10)])
    func rings(delay: Duration) async throws {
        let instant = ContinuousClock.now + delay
        call.set(to: instant)
        #expect(try await ring() >= instant)
    }

    @Test("rings once for each time that it is set")
    func ringsOnce() async throws {
        call.set(to: .now)
        try await call.wait()
        let second = ContinuousClock.now + .milliseconds(20)
        call.set(to: second)
        #expect(try await ring() >= second)
    }

    @Test("is moved while somebody waits, to later and to earlier")
    func moves() async throws {
        let start = ContinuousClock.now
        call.set(to: start + .seconds(36_000))
        async let rung = ring()
        call.set(to: start + .milliseconds(150))
        #expect(try await rung >= start + .milliseconds(150))
        call.set(to: start + .seconds(36_000))
        async let next = ring()
        call.set(to: .now)
        #expect(try await next < start + .seconds(36_000))
    }

    @Test("does not ring for what it was set to before", arguments: [nil, Duration.seconds(3600)])
    func forgets(delay: Duration?) async throws {
        call.set(to: .now)
        call.set(to: delay.map { .now + $0 })
        let waiting = Task { [call] in try await call.wait() }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test("is not waited for by a task that is cancelled, before or meanwhile")
    func cancels() async throws {
        call.set(to: nil)
        for cancelsFirst in [true, false] {
            let waiting = Task { [call] in
                if cancelsFirst { while !Task.isCancelled { await Task.yield() } }
                try await call.wait()
            }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
    }

    @Test(
        "goes by the clock that counts sleep (X-8)",
        .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fdinfo")))
    func clock() throws {
        let path = "/proc/self/fdinfo/\(call.descriptor)"
        let facts = try String(contentsOfFile: path, encoding: .utf8)
        #expect(facts.contains("clockid: \(CLOCK_BOOTTIME)"))
    }

    @Test("is set to the end of time without trapping (T-12)")
    func extremes() async throws {
        call.set(to: .now + .seconds(Int64.max / 4))
        call.set(to: .now - .seconds(Int64.max / 4))
        try await call.wait()
    }
}
