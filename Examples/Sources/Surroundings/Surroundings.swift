import Foundation
public import NATTraversal

/// The gateway as the environment names it for natctl, so that the examples run on the simulator;
/// without NATCTL_GATEWAY and NATCTL_LOCATION it is found out.
public func gatewayOfTheEnvironment() -> GatewaySelection {
    let environment = ProcessInfo.processInfo.environment
    return GatewaySelection(
        gateway: environment["NATCTL_GATEWAY"].flatMap { GatewayAddress($0) },
        location: environment["NATCTL_LOCATION"].flatMap { try? HTTPURL($0) })
}

/// Prints a line at once, also to a file.
public func show(_ line: String) {
    print(line)
    fflush(nil)
}

extension Set<PortAssignment> {
    /// The assignments in one line, local ones first.
    public var line: String {
        let words = map { "\($0.technique?.rawValue ?? "local") \($0.address) port \($0.port)" }
        return words.isEmpty ? "nowhere" : words.sorted().joined(separator: ", ")
    }
}
