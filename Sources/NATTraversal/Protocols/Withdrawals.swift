/// Requests that were given up for another way; a grant that still comes is deleted again.
struct Withdrawals {
    /// A link that is kept for weeks does not keep what nobody will answer any more.
    private static let limit = 64
    /// A grant that has not come by then does not come.
    private static let time = Duration.seconds(60)

    /// A request, and what takes it back.
    struct Withdrawal {
        var isGrant: @Sendable ([UInt8]) -> Bool
        var delete: [UInt8]
    }

    private struct Entry {
        var withdrawal: Withdrawal
        /// Where its grant would come.
        var transport: any DatagramTransport
        var end: ContinuousClock.Instant
    }

    private var entries: [Entry] = []

    /// Where grants may still come.
    var transports: [any DatagramTransport] { entries.map(\.transport) }

    /// A request that was sent by `transport` is given up.
    mutating func add(_ withdrawal: Withdrawal, on transport: any DatagramTransport) {
        let entry = Entry(
            withdrawal: withdrawal, transport: transport, end: transport.now + Self.time)
        entries = entries.suffix(Self.limit - 1) + [entry]
    }

    /// The same is asked for again: its grant is wanted now.
    mutating func resume(_ delete: [UInt8]) { entries.removeAll { $0.withdrawal.delete == delete } }

    /// Lets those go, with their sockets, whose grants do not come any more.
    mutating func forgetOld(at now: ContinuousClock.Instant) { entries.removeAll { $0.end < now } }

    /// Deletes again what a datagram grants, if it grants something that was given up.
    ///
    /// - Returns: whether it did.
    func takeBack(grantedBy payload: [UInt8]) -> Bool {
        guard let late = entries.first(where: { $0.withdrawal.isGrant(payload) }) else {
            return false
        }
        // What cannot be sent is lost like any other datagram.
        try? late.transport.send(late.withdrawal.delete, to: nil)
        return true
    }
}
