/// The last reported age of a gateway's mapping table, to notice when the table was lost.
///
/// One gateway, one protocol. The times are ContinuousClock's, which counts sleep: otherwise every
/// wake-up would look like a restart of the gateway.
struct EpochRecord: Hashable, Sendable {
    private var server: Int64?
    private var client: ContinuousClock.Instant?

    /// Takes a NAT-PMP epoch (RFC 6886, section 3.6).
    ///
    /// - Returns: `false` when the gateway has lost its mappings since the last one.
    mutating func acceptsNATPMP(_ epochSeconds: UInt32, at now: ContinuousClock.Instant) -> Bool {
        let current = Int64(epochSeconds)
        defer { (server, client) = (current, now) }
        guard let server, let elapsed = elapsedSeconds(until: now) else { return true }
        return current + 2 >= server + elapsed * 7 / 8
    }

    /// Takes a PCP epoch (RFC 6887, section 8.5).
    ///
    /// - Returns: `false` when the server has lost its mappings since the last one.
    mutating func acceptsPCP(_ epochSeconds: UInt32, at now: ContinuousClock.Instant) -> Bool {
        let current = Int64(epochSeconds)
        defer { (server, client) = (current, now) }
        guard let server, let clientDelta = elapsedSeconds(until: now) else { return true }
        guard current >= server - 1 else { return false }
        let serverDelta = current - server
        return clientDelta + 2 >= serverDelta - serverDelta / 16
            && serverDelta + 2 >= clientDelta - clientDelta / 16
    }

    private func elapsedSeconds(until now: ContinuousClock.Instant) -> Int64? {
        client.map { $0.duration(to: now).components.seconds }
    }
}
