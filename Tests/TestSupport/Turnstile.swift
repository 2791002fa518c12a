import Foundation

/// Lets a fixed number of tests in at once, first come, first served.
package actor Turnstile {
    /// For tests that start processes: more at once than cores only wait for each other.
    package static let processes = Turnstile(places: ProcessInfo.processInfo.activeProcessorCount)

    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// A turnstile that lets so many in.
    package init(places: Int) {
        self.places = places
    }

    /// Lends a place to `body`.
    package nonisolated func pass<Value: Sendable>(
        _ body: () async throws -> Value
    ) async throws -> Value {
        await enter()
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        await leave()
        return try outcome.get()
    }

    /// Waits for a place.
    package func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    /// Gives the place to who waits longest.
    package func leave() {
        if waiting.isEmpty {
            places += 1
        } else {
            waiting.removeFirst().resume()
        }
    }
}
