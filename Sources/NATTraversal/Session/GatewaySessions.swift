/// The sessions with gateways, one for each gateway and internal address: a command's own, or those
/// of mappings that are held, whose sockets and epochs outlive many askings.
final class GatewaySessions {
    private struct Key: Hashable {
        var target: GatewayTarget
        var internalAddress: IPAddress?
    }

    private var sessions: [Key: GatewaySession] = [:]

    /// All of them, in no order.
    var all: [GatewaySession] { Array(sessions.values) }

    /// The session with a gateway, opened where there is none yet.
    ///
    /// - Parameters:
    ///   - target: the gateway.
    ///   - internalAddress: where mappings lead; `nil` is this host's address towards the gateway.
    ///   - others: all candidates.
    ///   - budget: of what is asked now.
    /// - Returns: the session, with this budget.
    /// - Throws: `PortMapperError`.
    func session(
        with target: GatewayTarget, internalAddress: IPAddress?, others: [GatewayTarget],
        budget: TimeBudget
    ) throws(PortMapperError) -> GatewaySession {
        let key = Key(target: target, internalAddress: internalAddress)
        if let session = sessions[key] {
            session.begin(budget)
            return session
        }
        let session = try GatewaySession(
            target, internalAddress: internalAddress, others: others, budget: budget)
        sessions[key] = session
        return session
    }

    /// Closes all sockets: this host's addresses or the ways to gateways have changed.
    func close() { sessions = [:] }
}
