/// A natctl that runs until it is stopped, and the events that it prints.
package struct StayingTool: Sendable {
    /// What a command has written so far.
    package struct Texts: Decodable, Sendable {
        package var output: String
        package var errors: String

        /// Both streams.
        package init(output: String, errors: String) {
            self.output = output
            self.errors = errors
        }
    }

    /// An event that did not come, with all that did.
    package struct Missing: Error, CustomStringConvertible {
        package var description: String
    }

    private let look: @Sendable () async throws -> Texts
    private let send: @Sendable (Int32) async throws -> Void

    /// A tool that is seen by `look` and signalled by `send`.
    package init(
        look: @escaping @Sendable () async throws -> Texts,
        send: @escaping @Sendable (Int32) async throws -> Void
    ) {
        self.look = look
        self.send = send
    }

    /// Every whole line so far.
    package var events: [ToolEvent] {
        get async throws { try ToolEvent.read(try await look().output) }
    }

    /// What was printed, for whoever reads why a test has failed.
    package var report: String {
        get async throws {
            let texts = try await look()
            return "\n--- events\n\(texts.output)--- log\n\(texts.errors)"
        }
    }

    /// Sends a signal.
    package func signal(_ signal: Int32) async throws { try await send(signal) }

    /// Waits for an event that was not among the first `seen`.
    ///
    /// - Returns: the first one.
    /// - Throws: `Missing` when it does not come within `limit`.
    @discardableResult package func waits(
        for event: String, after seen: Int = 0, within limit: Duration = .seconds(20),
        where isMeant: (ToolEvent) -> Bool = { _ in true }
    ) async throws -> ToolEvent {
        let deadline = ContinuousClock.now + limit
        while true {
            let found = try await events.dropFirst(seen).first { $0.event == event && isMeant($0) }
            if let found { return found }
            guard ContinuousClock.now < deadline else {
                throw Missing(description: "no \(event) in time" + (try await report))
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
