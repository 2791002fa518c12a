import Foundation
import GatewaySimulator
import TestSupport
import Testing

@testable import NATTraversal

@Suite("Mappings held on the simulator", .timeLimit(.minutes(2))) struct SimulatorHoldTests {
    @Test("are mapped at first, told to whoever listens, and deleted in the end")
    func lifetime() async throws {
        try await holding([.init(.tcp, internalPort: TestPort.number(8080))]) { held, gateway in
            #expect(gateway.mappings.count == 1)
            let mapping = try #require(await held.mappings.first)
            var events = await held.events().makeAsyncIterator()
            #expect(await events.nextMapping() == .mapped(mapping))
            let local = try PortAssignment(
                .tcp, address: .v4(.loopback), port: TestPort.number(8080))
            let assignments = await held.assignments
            #expect(assignments.first == local)
            #expect(assignments.map(\.technique) == [nil, .pcp])

            let report = await held.stop()
            #expect(report.failures.isEmpty)
            #expect(gateway.mappings.isEmpty)
            #expect(await events.nextMapping() == .unmapped(mapping))
            #expect(await events.next() == nil)
        }
    }

    @Test(
        "are back after a restart that the next answer shows", arguments: [Technique.pcp, .natPMP])
    func restart(technique: Technique) async throws {
        let requests = try [8080, 8081, 8082].map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        try await holding(requests, technique: technique) { held, gateway in
            // An epoch that is not young, so that a new one is a step back.
            var events = await held.events().makeAsyncIterator()
            for _ in requests { _ = await events.nextMapping() }
            await gateway.restart()
            held.refresh()
            #expect(
                await events.next()?.change
                    == .gatewayRestarted(gateway: gateway.gateway.description))
            try await untilTrue { gateway.mappings.count == 3 }
            await held.stop()
        }
    }
}

/// Lends mappings held on a simulated gateway.
private func holding(
    _ requests: [MappingRequest], technique: Technique? = nil,
    body: (HeldMappings, SimulatedGateway) async throws -> Void
) async throws {
    var configuration = GatewayConfiguration()
    configuration.epochSeconds = 1000
    let folder = try TemporaryFolder()
    try await SimulatedGateway.run(configuration) { gateway in
        let mapper = PortMapper(
            GatewaySelection(
                technique: technique, gateway: GatewayLiteral(gateway.gateway.description)),
            stateFolder: folder.url.path)
        let held = try await mapper.hold(requests)
        try await body(held, gateway)
    }
}

extension AsyncStream<MapperEvent>.Iterator {
    /// The next change that is no warning.
    mutating func nextMapping() async -> MapperEvent.Change? {
        while let event = await next(isolation: #isolation) {
            if case .warning = event.change { continue }
            return event.change
        }
        return nil
    }
}

private func untilTrue(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(10)) }
}
