package import NATTraversal

/// What a simulated gateway was asked.
package struct RequestLog: Sendable {
    /// How many requests' bytes are kept.
    package static let capacity = 256

    /// A datagram as it came in.
    package struct Entry: Sendable {
        /// What it asked for.
        package var operation: GatewayOperation
        /// Who sent it.
        package var client: SocketAddress
        /// Its bytes.
        package var bytes: [UInt8]
        /// When it came.
        package var instant: ContinuousClock.Instant
    }

    /// The last requests, oldest first.
    package private(set) var entries: [Entry] = []
    private var counts: [GatewayOperation: Int] = [:]

    /// How often `operation` was asked for, what was lost or met with silence included.
    package func count(_ operation: GatewayOperation) -> Int { counts[operation, default: 0] }

    /// How many requests there were.
    package var count: Int { counts.values.reduce(0, +) }

    mutating func append(_ entry: Entry) {
        counts[entry.operation, default: 0] += 1
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(entry)
    }
}
