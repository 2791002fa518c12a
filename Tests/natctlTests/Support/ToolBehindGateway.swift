import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport

/// The built `natctl` on a host whose gateway is simulated, with leases of its own.
struct ToolBehindGateway: Sendable {
    let gateway: SimulatedGateway
    let state: TemporaryFolder

    /// The variables by which natctl finds both.
    var environment: [String: String] {
        ["NATCTL_GATEWAY": gateway.gateway.description, "NATCTL_STATE": state.url.path]
    }

    /// Lends a gateway and the tool behind it to `body`.
    static func run<Value: Sendable>(
        _ faults: GatewayFaults = GatewayFaults(),
        body: (ToolBehindGateway) async throws -> Value
    ) async throws -> Value {
        var configuration = GatewayConfiguration()
        configuration.faults = faults
        let state = try TemporaryFolder()
        return try await SimulatedGateway.run(configuration) { gateway in
            try await body(ToolBehindGateway(gateway: gateway, state: state))
        }
    }

    /// Runs natctl with words that hold no blanks.
    @discardableResult func natctl(_ arguments: String) async throws -> CommandOutcome {
        try await BuiltTool.natctl(arguments, environment: environment)
    }
}
