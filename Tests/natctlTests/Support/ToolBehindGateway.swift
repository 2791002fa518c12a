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
        try await run({ $0.faults = faults }, body: body)
    }

    /// The same with a gateway that is told apart by more than its faults.
    ///
    /// Its external address is one that a host of the Internet might have, unless told otherwise.
    static func run<Value: Sendable>(
        _ configure: (inout GatewayConfiguration) -> Void,
        body: (ToolBehindGateway) async throws -> Value
    ) async throws -> Value {
        var configuration = GatewayConfiguration()
        configuration.reportedAddress = IPv4Address(rawValue: 0x0B16_2101)
        configure(&configuration)
        let state = try TemporaryFolder()
        return try await Turnstile.processes.pass {
            try await SimulatedGateway.run(configuration) { gateway in
                try await body(ToolBehindGateway(gateway: gateway, state: state))
            }
        }
    }

    /// Runs natctl with words that hold no blanks.
    @discardableResult func natctl(_ arguments: String) async throws -> CommandOutcome {
        try await BuiltTool.natctl(arguments, environment: environment)
    }

    /// Runs a shell's script, in which `natctl` is the built one.
    func shell(
        _ script: String, environment: [String: String] = [:]
    ) async throws -> CommandOutcome {
        let path = ProjectFiles.natctl.deletingLastPathComponent().path
        return try await BuiltTool.run(
            URL(fileURLWithPath: "/bin/sh"), ["-c", script],
            environment: self.environment.merging(environment) { $1 }
                .merging(["PATH": "\(path):/usr/sbin:/usr/bin:/sbin:/bin"]) { $1 })
    }

    /// What the gateway forwards: transport, internal and external port.
    var forwarded: [String] {
        gateway.mappings.map { mapping in
            "\(mapping.transport.rawValue) \(mapping.internalEndpoint.port) "
                + "\(mapping.externalPort) \(mapping.technique.rawValue)"
        }
    }
}
