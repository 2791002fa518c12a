/// What a request for a mapping means, given what is remembered of the same port.
enum MappingPlan: Hashable, Sendable {
    /// Nothing is remembered.
    case new
    /// The same mapping again, with its nonce and port.
    case renewal
    /// Something else than before: the old one is deleted first, and asked for again should the
    /// new one be refused.
    case move

    /// Decides from the live lease of the same key, if there is one.
    ///
    /// - Parameters:
    ///   - request: what is wanted now.
    ///   - lease: what was granted, or asked for by a process that ended too early.
    ///   - technique: the one technique that is wanted, if it is named.
    init(_ request: MappingRequest, lease: Lease?, technique: Technique?) {
        guard let lease else {
            self = .new
            return
        }
        let isOtherTechnique = technique.map { $0 != lease.technique } ?? false
        // Without an -e the lease's own port is as good as any; -e asks for the same as before when
        // it names what was granted or what was suggested then, or cron would move a mapping at
        // each run that could not get its wish.
        let isOtherPort =
            request.externalPort.map {
                $0 != lease.externalPort && $0 != lease.suggestedExternalPort
            } ?? false
        let isInexact =
            request.isExact && request.suggestedExternalPort != lease.externalPort
        let remoteHost = request.remoteHost.map(IPAddress.v4)
        // PCP replaces a filter in a renewal (RFC 6887, section 13.3).
        let isOtherRemoteHost = remoteHost != lease.remoteHost && lease.technique != .pcp
        let isMove = isOtherTechnique || isOtherPort || isInexact || isOtherRemoteHost
        self = isMove ? .move : .renewal
    }
}
