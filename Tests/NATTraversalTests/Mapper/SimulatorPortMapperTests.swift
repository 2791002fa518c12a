import GatewaySimulator
import TestSupport
import Testing

@testable import NATTraversal

@Suite("A port mapper on the simulator", .timeLimit(.minutes(10)))
struct SimulatorPortMapperTests {
    private struct Stop: Error {}

    @Test(
        "lends a mapping to a body, and deletes it when that returns", arguments: Technique.allCases
    )
    func lends(technique: Technique) async throws {
        try await HoldBehindGateway.mapper(technique) { mapper, gateway in
            let port = try await mapper.withMapping(MappingRequest(.tcp, internalPort: 8080)) {
                mapping in
                #expect(gateway.mappings.map(\.externalPort) == [mapping.externalPort.rawValue])
                #expect(mapping.technique == technique)
                return mapping.internalPort
            }
            #expect(port == 8080)
            #expect(gateway.mappings.isEmpty)
            #expect(try mapper.leases().isEmpty)
        }
    }

    @Test("deletes a lent mapping when the body throws")
    func deletesAfterError() async throws {
        try await HoldBehindGateway.mapper { mapper, gateway in
            await #expect(throws: Stop.self) {
                try await mapper.withMapping(MappingRequest(.udp, internalPort: 8080)) { _ in
                    #expect(gateway.mappings.count == 1)
                    throw Stop()
                }
            }
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("deletes a lent mapping when the task is cancelled, and returns only then")
    func deletesAfterCancellation() async throws {
        try await HoldBehindGateway.mapper { mapper, gateway in
            let work = Task {
                try await mapper.withMapping(MappingRequest(.tcp, internalPort: 8080)) { _ in
                    try await Task.sleep(for: .seconds(600))
                }
            }
            try await condition { !gateway.mappings.isEmpty && (try? mapper.leases())?.count == 1 }
            work.cancel()
            await #expect(throws: CancellationError.self) { try await work.value }
            #expect(gateway.mappings.isEmpty)
            #expect(try mapper.leases().isEmpty)
        }
    }

    @Test("lends nothing where nothing is granted")
    func lendsNothing() async throws {
        try await HoldBehindGateway.mapper(
            .pcp, configure: { $0.faults.refusals[.pcpMap] = 2 }
        ) { mapper, _ in
            await #expect(throws: PortMapperError.self) {
                try await mapper.withMapping(MappingRequest(.tcp, internalPort: 8080)) { _ in
                    Issue.record("it has no mapping")
                }
            }
        }
    }

    @Test("deletes the mapping that it is given and no other", arguments: Technique.allCases)
    func deletesOne(technique: Technique) async throws {
        try await HoldBehindGateway.mapper(technique) { mapper, gateway in
            let report = try await mapper.map([
                MappingRequest(.tcp, internalPort: 8080), MappingRequest(.udp, internalPort: 8080),
                MappingRequest(.tcp, internalPort: 8081),
            ])
            let mapping = try #require(report.mappings.first)
            let deleted = try await mapper.unmap(mapping)
            #expect(deleted.mappings.map(\.externalPort) == [mapping.externalPort])
            #expect(gateway.mappings.count == 2)
            #expect(try mapper.leases().count == 2)
            // It is gone, which is no failure.
            #expect(try await mapper.unmap(mapping).mappings.isEmpty)
            #expect(gateway.mappings.count == 2)
        }
    }

    @Test(
        "deletes by UPnP what another technique has mapped anew, or keeps it among the leases",
        arguments: [true, false])
    func deletesSuperseded(isReachable: Bool) async throws {
        try await HoldBehindGateway.mapper(.upnp) { mapper, gateway in
            _ = try await mapper.map(MappingRequest(.tcp, internalPort: 8080))
            let store = LeaseStore(mapper.leaseFile)
            let lease = try #require(store.live(at: .now).first)
            // The file has only known the one that is gone already.
            try await store.remove([lease.key])
            if !isReachable { gateway.faults.upnp.controlStatus = 403 }
            let target = try #require(try mapper.selection.targets().first)
            let release = await GatewaySession.release(
                [], superseded: [lease], on: target, knowing: nil, leaseFile: mapper.leaseFile)
            #expect(gateway.mappings.isEmpty == isReachable)
            #expect(release.remaining.isEmpty == isReachable)
            #expect(try mapper.leases().map(\.externalPort) == (isReachable ? [] : [8080]))
        }
    }

    @Test("deletes a mapping of the table that leads to this host, though it has no lease")
    func deletesFromTable() async throws {
        try await HoldBehindGateway.mapper(.upnp) { mapper, gateway in
            let folder = try TemporaryFolder()
            let other = PortMapper(
                GatewaySelection(
                    gateway: GatewayAddress(gateway.gateway),
                    location: try gateway.location.map(HTTPURL.init), timeout: .seconds(60)),
                stateFolder: folder.path)
            _ = try await other.map(MappingRequest(.tcp, internalPort: 8080))
            let listed = try await mapper.list().mappings
            #expect(listed.map(\.isMine) == [false])
            try await mapper.unmap(try #require(listed.first))
            #expect(gateway.mappings.isEmpty)
        }
    }

    @Test("does not ask a gateway that leads nowhere now, and says so")
    func leavesAbsentGateway() async throws {
        try await HoldBehindGateway.mapper(.upnp) { mapper, gateway in
            var mapping = try await mapper.map(MappingRequest(.tcp, internalPort: 8080))
            let selection = GatewaySelection(gateway: .test("127.0.0.3:9"))
            let moved = PortMapper(selection, stateFolder: mapper.leaseFile.folder)
            let report = try await moved.unmap(mapping)
            #expect(report.mappings.isEmpty)
            #expect(report.warnings.map(\.code) == ["leaseElsewhere"])
            #expect(gateway.mappings.count == 1)
            // Nor is another one asked in its place.
            mapping.gateway = .test("127.0.0.3:9")
            mapping.isMine = false
            #expect(try await mapper.unmap(mapping).mappings.isEmpty)
            #expect(gateway.mappings.count == 1)
        }
    }

    @Test("signs the gateway's table with the application's name, plainly where it must")
    func signs() async throws {
        try await HoldBehindGateway.mapper(
            .upnp, configure: { $0.faults.upnp.longDescriptionRefusal = 605 }
        ) { mapper, gateway in
            let folder = try TemporaryFolder()
            let app = PortMapper(
                mapper.selection, applicationName: "my-game", stateFolder: folder.path)
            _ = try await app.map(MappingRequest(.tcp, internalPort: 8080))
            #expect(gateway.mappings.map(\.text) == ["my game tcp 8080"])
            let text = String(repeating: "long ", count: 8)
            let request = MappingRequest(.tcp, internalPort: 8081, description: text)
            _ = try await app.map(request)
            #expect(gateway.mappings.map(\.text) == ["my game tcp 8080", "my game"])
            let held = try await app.hold(MappingRequest(.udp, internalPort: 8080))
            #expect(gateway.mappings.last?.text == "my game udp 8080")
            await held.stop()
        }
    }
}

extension SimulatedMapping {
    /// The description as text.
    fileprivate var text: String { String(decoding: description, as: UTF8.self) }
}
