final class WakeUpCall: Sendable {
    private let time = Locked<ContinuousClock.Instant?>(nil)
    init() throws(SystemError) {}
    func set(to time: ContinuousClock.Instant?) { self.time.withLock { $0 = time } }
    func wait() async throws {
        while true {
            try await Task.sleep(for: .milliseconds(100))
            if let time = time.withLock({ $0 }), time <= .now {
                self.time.withLock { $0 = nil }; return
            }
        }
    }
}
