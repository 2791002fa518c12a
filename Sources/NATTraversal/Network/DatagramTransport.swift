/// A datagram as it arrived.
package struct Datagram: Hashable, Sendable {
    /// The sender.
    package var source: SocketAddress
    /// Its bytes; a datagram may be empty.
    package var payload: [UInt8]
    /// Whether the end is missing because the datagram was longer than the buffer.
    package var isTruncated = false

    package init(source: SocketAddress, payload: [UInt8]) {
        self.source = source
        self.payload = payload
    }
}

/// Everything a protocol client needs from the network; tests pass a script instead.
///
/// It has the clock too, because waiting for a datagram is waiting for a deadline, and a script's
/// clock can jump.
package protocol DatagramTransport: Sendable {
    /// The present.
    var now: ContinuousClock.Instant { get }
    /// Sends one datagram, to `peer` or to the peer the transport is connected to.
    func send(_ payload: [UInt8], to peer: SocketAddress?) throws(SystemError)
    /// Receives the next datagram; `nil` at the deadline.
    ///
    /// - Throws: `SystemError`, for instance ECONNREFUSED when the peer's port is closed, and
    ///   `CancellationError`.
    func receive(until deadline: ContinuousClock.Instant) async throws -> Datagram?
    /// Waits until there is a datagram to receive, without receiving it.
    ///
    /// - Throws: `CancellationError`.
    func waitForDatagram() async throws
}

extension DatagramTransport {
    /// Passes every datagram to `take`, until the task is cancelled.
    ///
    /// - Throws: `CancellationError`, or the `SystemError` that ends it.
    func listen(_ take: (Datagram) -> Void) async throws -> Never {
        while true {
            // During a flood `receive` never suspends, so it would not notice.
            try Task.checkCancellation()
            if let datagram = try await receive(until: now + .seconds(3600)) { take(datagram) }
        }
    }
}
