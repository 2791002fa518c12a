import GatewaySimulator
import Testing

@testable import NATTraversal

@Suite("A listener of mappings on the simulator", .timeLimit(.minutes(10)))
struct SimulatorListenerTests {
    @Test("hears the local port at once, then the public one, and nothing at the end")
    func sets() async throws {
        let port = try TestPort.number(8080)
        try await HoldBehindGateway.mapper { mapper, gateway in
            let listener = MappingListener(
                .udp, address: .v4(.loopback), port: port, mapper: mapper)
            var sets = listener.makeAsyncIterator()
            let local = PortAssignment(.udp, address: .v4(.loopback), port: port)
            var set = await sets.next()
            if set == [local] { set = await sets.next() }
            let external = PortAssignment(
                .udp, address: .v4(gateway.reportedAddress), port: port, technique: .pcp)
            #expect(set == [local, external])

            gateway.changeReportedAddress(to: IPv4Address(rawValue: 0x0B16_2163))
            listener.held.refresh()
            let moved = await sets.next()
            #expect(moved?.contains(local) == true)
            #expect(moved?.contains { $0.address == .v4(gateway.reportedAddress) } == true)

            await listener.stop()
            #expect(gateway.mappings.isEmpty)
            var last: Set<PortAssignment>?
            while let set = await sets.next() { last = set }
            #expect(last == [])
        }
    }

    @Test("of a service at a wildcard hears every address of this host")
    func wildcard() async throws {
        let port = try TestPort.number(8080)
        try await HoldBehindGateway.mapper(configure: { $0.hasClosedPort = true }) { mapper, _ in
            let listener = MappingListener(
                .tcp, address: .v4(.unspecified), port: port, mapper: mapper)
            let expected = try NetworkInterface.all().filter {
                $0.isUp && !$0.isLoopback && $0.family == .ipv4
            }.map { PortAssignment(.tcp, address: $0.address, port: port) }
            try await condition { Set(await listener.held.assignments) == Set(expected) }
            await listener.stop()
        }
    }

    @Test("of a service at one address of IPv6 tells it, and asks no gateway")
    func ipv6() async throws {
        let (port, other) = (try TestPort.number(8080), try TestPort.number(8081))
        let loopback = try #require(IPAddress("::1"))
        try await HoldBehindGateway.mapper { mapper, gateway in
            let listener = MappingListener(.tcp, address: loopback, port: port, mapper: mapper)
            var sets = listener.makeAsyncIterator()
            #expect(await sets.next() == [PortAssignment(.tcp, address: loopback, port: port)])
            listener.held.refresh()
            // What begins later is mapped by then.
            let later = MappingListener(
                .tcp, address: .v4(.loopback), port: other, mapper: mapper)
            try await condition { !gateway.mappings.isEmpty }
            await later.stop()
            await listener.stop()
            #expect(await sets.next() == [])
            let ports = gateway.log.entries.filter { $0.operation == .pcpMap }
                .map { Array($0.bytes[40..<42]) }
            #expect(Set(ports) == [[UInt8(other.rawValue >> 8), UInt8(other.rawValue & 0xFF)]])
        }
    }

    @Test("goes on asking a gateway that grants nothing at first")
    func later() async throws {
        let port = try TestPort.number(8080)
        try await HoldBehindGateway.mapper(configure: { $0.faults.refusals = [.pcpMap: 2] }) {
            mapper, gateway in
            let listener = MappingListener(
                .tcp, address: .v4(.loopback), port: port, mapper: mapper)
            try await condition { gateway.log.count(.pcpMap) > 0 }
            gateway.faults.refusals = [:]
            listener.held.refresh()
            try await condition { gateway.mappings.count == 1 }
            await listener.stop()
        }
    }
}
