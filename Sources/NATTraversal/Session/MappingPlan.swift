/// How a request relates to the lease of the same port.
enum MappingPlan: Hashable, Sendable {
    /// There is no lease.
    case new
    /// The same mapping again, with its nonce and port.
    case renewal
    /// A different mapping: the old one is deleted first, and mapped again if the new one is
    /// refused.
    case move

    /// Decides from the live lease of the same key, if there is one.
    ///
    /// - Parameters:
    ///   - request: the wanted mapping.
    ///   - lease: the mapping as granted, or as requested by a process that ended too early.
    ///   - technique: the only technique to use; `nil` allows all.
    init(_ request: MappingRequest, lease: Lease?, technique: Technique?) {
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
        let isMove = isOtherTechnique || isOtherPort || isInexact || isOtherRemoteHost
        self = isMove ? .move : .renewal
    }
}
