/// Requests abandoned for another technique; a grant that arrives late is deleted again.
struct Withdrawals {
    /// Keeps a socket that is open for weeks from collecting requests nobody will answer.
    private static let limit = 64
    /// How long a late grant may take to arrive.
    private static let time = Duration.seconds(60)

    /// An abandoned request, and the delete that undoes it.
    struct Withdrawal {
        var isGrant: @Sendable ([UInt8]) -> Bool
        var delete: [UInt8]
    }

    private struct Entry {
        var withdrawal: Withdrawal
        /// The socket on which its grant would arrive.
        var transport: any DatagramTransport
        var end: ContinuousClock.Instant
    }

    private var entries: [Entry] = []

    /// The sockets on which grants may still arrive.
    var transports: [any DatagramTransport] { entries.map(\.transport) }

    /// Adds a request that was sent on `transport` and is now abandoned.
    mutating func add(_ withdrawal: Withdrawal, on transport: any DatagramTransport) {
        let entry = Entry(
            withdrawal: withdrawal, transport: transport, end: transport.now + Self.time)
        entries = entries.suffix(Self.limit - 1) + [entry]
    }

    /// Forgets a withdrawal because the same mapping is requested again.
    mutating func resume(_ delete: [UInt8]) { entries.removeAll { $0.withdrawal.delete == delete } }

    /// Drops withdrawals, and their sockets, whose grants can no longer arrive.
    mutating func forgetOld(at now: ContinuousClock.Instant) { entries.removeAll { $0.end < now } }

    /// Sends the delete again if a datagram grants an abandoned request.
    ///
    /// - Returns: whether it did.
    func takeBack(grantedBy payload: [UInt8]) -> Bool {
        guard let late = entries.first(where: { $0.withdrawal.isGrant(payload) }) else {
            return false
        }
        // A delete that cannot be sent is lost like any other datagram.
        try? late.transport.send(late.withdrawal.delete, to: nil)
        return true
    }
}
