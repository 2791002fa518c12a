/// The last reported age of a gateway's mapping table, to notice when the table was lost.
///
/// One gateway, one protocol. The times are ContinuousClock's, which counts sleep: otherwise every
/// wake-up would look like a restart of the gateway.
///
/// A gateway reads its clock at some moment between the request and the response. Both rules allow
/// for every such moment, because a response that was late is no sign of a restart.
struct EpochRecord: Hashable, Sendable {
    typealias Instant = ContinuousClock.Instant

    private var server: Int64?
    private var exchange: ClosedRange<Instant>?

    /// Takes a NAT-PMP epoch (RFC 6886, section 3.6).
    ///
    /// - Parameters:
    ///   - epochSeconds: the epoch in the response.
    ///   - exchange: from the first send of the request to the arrival of the response.
    /// - Returns: `false` when the gateway has lost its mappings since the last one.
    mutating func acceptsNATPMP(_ epochSeconds: UInt32, in exchange: ClosedRange<Instant>) -> Bool {
        let current = Int64(epochSeconds)
        defer { (server, self.exchange) = (current, exchange) }
        guard let server, let elapsed = elapsedSeconds(until: exchange) else { return true }
        return current + 2 >= server + elapsed.lowerBound * 7 / 8
    }

    /// Takes a PCP epoch (RFC 6887, section 8.5).
    ///
    /// - Parameters:
    ///   - epochSeconds: the epoch in the response.
    ///   - exchange: from the first send of the request to the arrival of the response.
    /// - Returns: `false` when the server has lost its mappings since the last one.
    mutating func acceptsPCP(_ epochSeconds: UInt32, in exchange: ClosedRange<Instant>) -> Bool {
        let current = Int64(epochSeconds)
        defer { (server, self.exchange) = (current, exchange) }
        guard let server, let elapsed = elapsedSeconds(until: exchange) else { return true }
        guard current >= server - 1 else { return false }
        let serverDelta = current - server
        let (least, most) = (elapsed.lowerBound, elapsed.upperBound)
        return most + 2 >= serverDelta - serverDelta / 16 && serverDelta + 2 >= least - least / 16
    }

    /// The least and the most time that can have passed on the gateway since the last epoch.
    private func elapsedSeconds(until next: ClosedRange<Instant>) -> ClosedRange<Int64>? {
        exchange.map { last in
            let least = max(.zero, last.upperBound.duration(to: next.lowerBound))
            let most = max(least, last.lowerBound.duration(to: next.upperBound))
            return least.components.seconds...most.components.seconds
        }
    }
}
