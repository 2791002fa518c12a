/// How a request relates to the lease of the same port.
enum MappingPlan: Hashable, Sendable {
    /// There is no lease.
    case new
    /// The same mapping again, with its nonce and port.
    case renewal
    /// A different mapping: the old one is deleted first, and mapped again if the new one is
    /// refused.
    case move
    /// Another process holds a different mapping of the port, which is left alone.
    case contested

    /// Who holds the mapping of a process that has held the port before; a later command may have
    /// moved it.
    ///
    /// The latest command decides: two processes that moved it back would do so for ever.
    enum Standing: Hashable, Sendable {
        /// No other process that still runs.
        case alone
        /// Another process as well.
        case shared
    }

    /// Decides from the live lease of the same key, if there is one.
    ///
    /// - Parameters:
    ///   - request: the wanted mapping.
    ///   - lease: the mapping as granted, or as requested by a process that ended too early.
    ///   - technique: the only technique to use; `nil` allows all.
    ///   - standing: `nil` for a new command.
    init(
        _ request: MappingRequest, lease: Lease?, technique: Technique?, standing: Standing? = nil
    ) {
        guard let lease else {
            self = .new
            return
        }
        let isOtherTechnique = technique.map { $0 != lease.technique } ?? false
        // Without -e any port will do, so the lease's own does. With -e it is the same mapping if
        // the port was granted or suggested then; otherwise cron would move a mapping at each run
        // when the gateway does not grant the wanted port.
        let isOtherPort =
            request.externalPort.map {
                $0 != lease.externalPort && $0 != lease.suggestedExternalPort
            } ?? false
        let isInexact =
            request.isExact && request.suggestedExternalPort != lease.externalPort
        // PCP replaces a filter in a renewal (RFC 6887, section 13.3).
        let isOtherRemoteHost = request.remoteHost != lease.remoteHost && lease.technique != .pcp
        let isMoved = isOtherPort && standing == nil
        let isMove = isOtherTechnique || isMoved || isInexact || isOtherRemoteHost
        self = !isMove ? .renewal : standing == .shared ? .contested : .move
    }
}
