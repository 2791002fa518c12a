import NATTraversal

/// Runs `body` with the seconds that are left shown on a terminal's last line.
///
/// Nothing is shown where nobody looks, with `NO_COLOR`, or when a document is printed.
func withCountDown<Value: Sendable>(
    from duration: Duration, format: OutputFormat,
    _ body: @Sendable @escaping () async throws -> Value
) async throws -> Value {
    let isShown =
        format == .text && StandardStream.error.isTerminal && environment("NO_COLOR") == nil
    guard isShown else { return try await body() }
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            var rest = duration
            while rest > .zero {
                try StandardStream.error.write("\r\(durationText(rest)) left \r")
                try await Task.sleep(for: .seconds(1))
                rest -= .seconds(1)
            }
            return nil
        }
        defer {
            group.cancelAll()
            try? StandardStream.error.write("\r           \r")
        }
        while let value = try await group.next() {
            if let value { return value }
        }
        throw CancellationError()
    }
}
