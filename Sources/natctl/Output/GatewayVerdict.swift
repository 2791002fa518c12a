import NATTraversal

/// What a gateway's answer by one technique comes to.
struct GatewayVerdict: Hashable, Sendable {
    /// The three states that scripts look for.
    enum State: String {
        case yes
        case no
        /// It speaks the technique, and said no.
        case refuses
    }

    var state: State
    /// The same in two or three words.
    var words: String

    var tone: Tone {
        switch state {
        case .yes: .good
        case .refuses: .warning
        case .no: .bad
        }
    }
}

extension GatewayReport.TechniqueReport {
    /// What the answer comes to.
    var verdict: GatewayVerdict {
        guard let problem else {
            return isAvailable
                ? GatewayVerdict(state: .yes, words: "works")
                : GatewayVerdict(state: .no, words: "not asked")
        }
        let state: GatewayVerdict.State =
            switch problem {
            case .refused, .noExternalAddress: .refuses
            default: isAvailable ? .yes : .no
            }
        return GatewayVerdict(state: state, words: problem.words)
    }
}

extension PortMapperError {
    /// What a gateway does that gives no usable answer.
    fileprivate var words: String {
        switch self {
        case .closed: "closed"
        case .noAnswer(_, _, let time): "silent \(durationText(time))"
        case .unsupported: "not offered"
        case .badAnswer: "answers nonsense"
        case .noExternalAddress: "refuses: no address"
        case .refused(let refusal):
            switch refusal.kind {
            case .noExternalAddress: "refuses: no address"
            case .noRoom: "refuses: no room"
            case .unsupported: "refuses: unsupported"
            default: "refuses: not allowed"
            }
        case .system: "cannot be asked"
        default: "unusable"
        }
    }
}

extension GatewayReport {
    /// The sentence that closes the picture: what this path means for a mapping, and what to do.
    var meaning: (text: String, tone: Tone) {
        switch diagnosis {
        case .public:
            ("Ports mapped here can be reached from the Internet.", .good)
        case .doubleNAT:
            (
                "Another router stands between this gateway and the Internet. Map the port there "
                    + "too, or put one of the two in bridge mode.", .warning
            )
        case .carrierNAT:
            (
                "The carrier shares one address among its customers, so nobody outside can reach a "
                    + "mapped port. Ask the carrier for an address of your own, or use IPv6.",
                .warning
            )
        case .reserved:
            (
                "The external address is not a public one, so nobody outside can reach a mapped "
                    + "port. Check the gateway's Internet connection.", .warning
            )
        case .noExternalAddress:
            (
                "The gateway has no external address. Check its Internet connection.",
                .bad
            )
        case .noMappingService:
            (
                "The gateway maps no ports. Turn on UPnP, NAT-PMP or PCP in its settings, or forward "
                    + "the port there by hand.", .bad
            )
        case .disagreement:
            (
                "The techniques report different external addresses. Test from outside which one "
                    + "works, and choose that technique with --via.", .warning
            )
        case nil where techniques.contains(where: \.isAvailable):
            (
                "PCP reports the external address only with a mapping; natctl external-ip makes one "
                    + "for a moment.", .plain
            )
        default:
            (
                "The gateway gave no usable answer. Try again with -v to see what it says.",
                .warning
            )
        }
    }
}

extension Diagnosis {
    /// What stands between the gateway and the Internet.
    var obstacle: String? {
        switch self {
        case .doubleNAT: "2nd router"
        case .carrierNAT: "carrier NAT"
        default: nil
        }
    }
}
