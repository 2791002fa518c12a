/// Which techniques a request may be asked by, best first.
enum TechniqueChoice {
    /// PCP, then NAT-PMP, then UPnP, with the technique of a live lease before them.
    ///
    /// - Parameters:
    ///   - only: the one technique that is wanted, if it is named.
    ///   - lease: the technique of the mapping that is to be renewed, if there is one.
    ///   - isBeyondNATPMP: whether something is asked for that NAT-PMP has no words for.
    /// - Returns: none when nothing that is allowed can say it.
    static func order(
        only: Technique?, lease: Technique?, isBeyondNATPMP: Bool
    ) -> [Technique] {
        let all = Technique.allCases
        let preferred = [lease].compactMap(\.self) + all.filter { $0 != lease }
        return preferred.filter { technique in
            (only == nil || technique == only) && !(isBeyondNATPMP && technique == .natPMP)
        }
    }

    /// Whether a failure by one technique leaves another one worth asking.
    static func goesOn(
        from technique: Technique, after error: PortMapperError, to next: Technique
    ) -> Bool {
        switch error {
        case .unsupported:
            return true
        // PCP and NAT-PMP share the port.
        case .closed:
            return technique == .upnp || next == .upnp
        // Where PCP was silent, NAT-PMP was asked beside it.
        case .noAnswer:
            return !(technique == .pcp && next == .natPMP)
        case .refused(let refusal):
            return refusal.reaction == .nextTechnique
                || (refusal.reaction == .upnp && next == .upnp)
        default:
            return false
        }
    }

    /// Of two failures the one that tells the user more: a refusal more than an absent technique,
    /// and that more than silence.
    static func moreTelling(
        _ first: PortMapperError?, _ second: PortMapperError
    ) -> PortMapperError {
        guard let first, first.weight >= second.weight else { return second }
        // Of two silences the later one tells for how long.
        if case .noAnswer = first { return second }
        return first
    }
}

extension PortMapperError {
    fileprivate var weight: Int {
        switch self {
        case .noAnswer: 0
        case .noGateway, .noSuchInterface, .noSuchService, .closed, .unsupported: 1
        case .badAnswer: 2
        case .refused, .portTaken, .noExternalAddress, .notPublic, .inexpressible,
            .foreign:
            3
        case .system, .leaseFile: 4
        }
    }
}
