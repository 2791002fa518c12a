import ArgumentParser
import NATTraversal

/// `tcp`, `udp` or `both`.
enum TransportArgument: String, ExpressibleByArgument, CaseIterable {
    case tcp
    case udp
    case both

    static var allValueStrings: [String] { allCases.map(\.rawValue) }
    static var allValueDescriptions: [String: String] { [:] }
    var defaultValueDescription: String { rawValue }

    /// The transports in the order they are asked.
    var transports: [TransportProtocol] {
        switch self {
        case .tcp: [.tcp]
        case .udp: [.udp]
        case .both: [.tcp, .udp]
        }
    }
}

/// `8080` or `8080-8089`.
struct PortRangeArgument: ExpressibleByArgument {
    let ports: ClosedRange<UInt16>

    init?(argument: String) {
        let ends = argument.split(separator: "-", omittingEmptySubsequences: false)
            .map { PortNumber(String($0))?.rawValue }
        switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
        case (1, let port?, _): ports = port...port
        case (2, let first?, let last?) where first <= last: ports = first...last
        default: return nil
        }
    }
}

extension [PortRangeArgument] {
    /// All ports in the order given, each once.
    var ports: [PortNumber] {
        var seen: Set<UInt16> = []
        return flatMap(\.ports).filter { seen.insert($0).inserted }
            .compactMap(PortNumber.init(rawValue:))
    }
}
