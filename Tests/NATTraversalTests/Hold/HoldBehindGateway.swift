import Foundation
import GatewaySimulator
import TestSupport

@testable import NATTraversal

/// Mappings of TCP ports held on a simulated gateway, with leases of their own.
enum HoldBehindGateway {
    /// Lends them to `body`, and stops them.
    static func run(
        _ ports: [UInt16], _ technique: Technique? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        body: (MappingHold, SimulatedGateway) async throws -> Void
    ) async throws {
        try await mapper(technique, configure: configure) { mapper, gateway in
            let held = try await mapper.hold(
                try ports.map { MappingRequest(.tcp, internalPort: try TestPort.number($0)) })
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(held, gateway)) } catch {
                outcome = .failure(error)
            }
            await held.stop()
            try outcome.get()
        }
    }

    /// Lends a mapper whose gateway is simulated, and the gateway.
    static func mapper(
        _ technique: Technique? = nil,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        body: (PortMapper, SimulatedGateway) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        // Not young, so that a restart is a step back.
        configuration.epochSeconds = 1000
        configuration.reportedAddress = IPv4Address(rawValue: 0x0B16_2101)
        if technique == .upnp { configuration.techniques = [.upnp] }
        configure(&configuration)
        let folder = try TemporaryFolder()
        try await SimulatedGateway.run(configuration) { gateway in
            let location = try gateway.location.map(HTTPURL.init)
            let mapper = PortMapper(
                // A busy machine may keep the simulator from answering for seconds.
                GatewaySelection(
                    technique: technique, gateway: GatewayAddress(gateway.gateway),
                    location: location, timeout: .seconds(60)),
                stateFolder: folder.url.path)
            try await body(mapper, gateway)
        }
    }
}

extension AsyncStream<MapperEvent>.Iterator {
    /// The next change that is neither a warning nor a renewal: another test's gateway on the same
    /// loopback may announce a restart, and every holder answers such a hint by renewing.
    mutating func nextChange() async -> MapperEvent.Change? {
        while let event = await next(isolation: #isolation) {
            switch event.change {
            case .warning, .renewed: continue
            default: return event.change
            }
        }
        return nil
    }

    /// The warnings that come before so many mappings are told as mapped or renewed.
    mutating func warnings(untilMappings count: Int) async -> [MapperWarning.Code] {
        var (mappings, warnings) = (0, [MapperWarning.Code]())
        while mappings < count, let event = await next(isolation: #isolation) {
            switch event.change {
            case .mapped, .renewed: mappings += 1
            case .warning(let warning): warnings.append(warning.code)
            default: break
            }
        }
        return warnings
    }
}

/// Waits until something is so, at most 60 s.
func condition(_ isMet: () async -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while await !isMet() {
        guard ContinuousClock.now < deadline else { throw NotInTime() }
        try await Task.sleep(for: .milliseconds(10))
    }
}

private struct NotInTime: Error {}
