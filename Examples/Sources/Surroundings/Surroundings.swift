import Dispatch
import Foundation
public import NATTraversal

/// The gateway as the environment names it for natctl, so that the examples run on the simulator;
/// without NATCTL_GATEWAY and NATCTL_LOCATION it is found out.
public func gatewayOfTheEnvironment() -> GatewaySelection {
    let environment = ProcessInfo.processInfo.environment
    return GatewaySelection(
        gateway: environment["NATCTL_GATEWAY"].flatMap { GatewayLiteral($0) },
        location: environment["NATCTL_LOCATION"].flatMap { try? HTTPURL($0) })
}

/// Waits for SIGINT or SIGTERM.
public func interruption() async {
    let sources = [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        return DispatchSource.makeSignalSource(signal: number)
    }
    let (signals, feed) = AsyncStream.makeStream(of: Void.self)
    for source in sources {
        source.setEventHandler { @Sendable in feed.yield() }
        source.activate()
    }
    for await _ in signals { break }
    for source in sources { source.cancel() }
}

extension Set<PortAssignment> {
    /// The assignments in one line, local ones first.
    public var line: String {
        let words = map { "\($0.technique?.rawValue ?? "local") \($0.address) port \($0.port)" }
        return words.isEmpty ? "nowhere" : words.sorted().joined(separator: ", ")
    }
}
