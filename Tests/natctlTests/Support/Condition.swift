import Testing

/// Waits until something is so, at most 60 s.
func condition(_ isMet: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !isMet() {
        guard ContinuousClock.now < deadline else {
            Issue.record("it did not become so in time")
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
