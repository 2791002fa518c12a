import Testing

/// Waits until something is so, at most 60 s.
func condition(within limit: Duration = .seconds(60), _ isMet: () -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while !isMet() {
        guard ContinuousClock.now < deadline else {
            Issue.record("it did not become so in time")
            return
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
