import NATTraversal

@testable import GatewaySimulator

/// A simulated gateway without sockets: 192.168.77.1 with external address 11.22.33.1, asked from
/// 192.168.77.10, as in the captures of a real miniupnpd.
struct ScriptedGateway {
    /// A port that carries nothing.
    struct Port: PortForwarding {
        func follow(_ rules: ForwardingRules) {}
        func stop() async {}
    }

    static let client = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_4D0A))
    static let start = ContinuousClock.now

    var state: GatewayState

    var mappings: [SimulatedMapping] { state.table.mappings }

    /// A gateway that claims `epoch` at the start, and on which something else has the ports `taken`.
    init(
        epoch: UInt32 = 0, taken: Set<UInt16> = [],
        _ change: (inout GatewayConfiguration) -> Void = { _ in }
    ) {
        var configuration = GatewayConfiguration()
        configuration.epochSeconds = epoch
        change(&configuration)
        state = GatewayState(
            configuration, externalAddress: IPv4Address(rawValue: 0x0B16_2101), at: Self.start
        ) { _, port, _ in taken.contains(port) ? nil : Port() }
    }

    /// The answer to a request that comes so long after the start.
    mutating func answer(
        _ request: [UInt8], from client: IPAddress = client, after: Duration = .zero
    ) -> [UInt8]? {
        state.react(
            to: request, from: SocketAddress(client, port: 40000), at: Self.start + after
        ).answer
    }

    /// The answers to one request after the other.
    mutating func answers(_ requests: [String]) -> [[UInt8]?] {
        requests.map { answer(bytes($0)) }
    }
}
