extension DatagramTransport {
    /// Takes whatever arrives, until the task is cancelled.
    ///
    /// - Throws: `CancellationError`, or the `SystemError` that ends it.
    func listen(_ take: (Datagram) -> Void) async throws -> Never {
        while true {
            // A flood that is always there already would never suspend.
            try Task.checkCancellation()
            if let datagram = try await receive(until: now + .seconds(3600)) { take(datagram) }
        }
    }
}
