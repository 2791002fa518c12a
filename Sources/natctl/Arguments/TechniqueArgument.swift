import ArgumentParser
import NATTraversal

/// `--via`: one technique, or the best that the gateway offers.
enum TechniqueArgument: String, ExpressibleByArgument, CaseIterable {
    case auto
    case pcp
    case natPMP = "nat-pmp"
    case upnp

    static var allValueStrings: [String] { allCases.map(\.rawValue) }
    static var allValueDescriptions: [String: String] { [:] }

    static let defaultCompletionKind = CompletionKind.offers([
        CompletionOffer("auto", "the best that the gateway offers"),
        CompletionOffer("pcp", "Port Control Protocol"),
        CompletionOffer("nat-pmp", "NAT Port Mapping Protocol"),
        CompletionOffer("upnp", "UPnP Internet Gateway Device"),
    ])

    /// The technique, `nil` for any.
    var technique: Technique? {
        switch self {
        case .auto: nil
        case .pcp: .pcp
        case .natPMP: .natPMP
        case .upnp: .upnp
        }
    }

    /// Whether UPnP may be asked.
    var usesUPnP: Bool { self == .auto || self == .upnp }
}
