/// A datagram as it arrived.
package struct Datagram: Hashable, Sendable {
    /// Who sent it.
    package var source: SocketAddress
    /// Its bytes; empty is a datagram too.
    package var payload: [UInt8]
    /// Whether it was longer than the buffer, so that its end is missing.
    package var isTruncated = false

    package init(source: SocketAddress, payload: [UInt8]) {
        self.source = source
        self.payload = payload
    }
}

/// All that a protocol client needs of the network; a test passes a script instead.
///
/// Time belongs to it as well: who waits for a datagram waits for the clock, and a script's clock
/// can jump.
package protocol DatagramTransport: Sendable {
    /// The present.
    var now: ContinuousClock.Instant { get }
    /// Sends one datagram, to `peer` or to the peer the transport is connected to.
    func send(_ payload: [UInt8], to peer: SocketAddress?) throws(SystemError)
    /// The next datagram, or `nil` at the deadline.
    ///
    /// - Throws: `SystemError`, for instance ECONNREFUSED when the peer's port is closed, and
    ///   `CancellationError`.
    func receive(until deadline: ContinuousClock.Instant) async throws -> Datagram?
    /// Waits until there is something to receive, and leaves it there.
    ///
    /// - Throws: `CancellationError`.
    func waitForDatagram() async throws
}

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
