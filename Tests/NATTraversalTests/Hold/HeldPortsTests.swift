import TestSupport
import Testing

@testable import NATTraversal

@Suite("Ports that are held together") struct HeldPortsTests {
    private static func ports(_ count: Int) throws -> HeldPorts {
        HeldPorts(
            try (0..<count).map {
                MappingRequest(.tcp, internalPort: try TestPort.number(UInt16(8080 + $0)))
            })
    }

    /// Ports that are granted in these shapes, each at its place.
    private static func held(_ shapes: [GrantShape]) throws -> HeldPorts {
        var ports = try ports(shapes.count)
        _ = ports.take(try grants(shapes), lossOf: nil)
        return ports
    }

    private static func grants(
        _ shapes: [GrantShape]
    ) throws -> [(index: Int, grant: HeldPort.Grant)] {
        try shapes.enumerated().map { index, shape in
            var shape = shape
            shape.internalPort = UInt16(8080 + index)
            return (index, try shape.grant())
        }
    }

    @Test("tell a restart first, then each gateway's other address before the first mapping of it")
    func order() throws {
        let (gateway, name) = (GrantShape(external: 9), GrantShape.target(1).name)
        var ports = try Self.held([GrantShape(), GrantShape(), GrantShape(gateway: 2)])
        let batch = ports.take(
            try Self.grants([gateway, gateway, GrantShape(gateway: 2)]), lossOf: name)
        #expect(batch.changes.first == .gatewayRestarted(gateway: name))
        #expect(
            batch.changes.map(Told.init) == [
                .gatewayRestarted, .address(GrantShape.external(9), was: GrantShape.external(1)),
                .changed, .changed, .renewed,
            ])
        #expect(batch.steps.map(\.index) == [0, 1, 2])
        #expect(batch.steps.allSatisfy { $0.evidence == .loss })
    }

    @Test("tell no first external address, for the mapping shows it")
    func firstAddress() throws {
        var ports = try Self.ports(1)
        let batch = ports.take(try Self.grants([GrantShape()]), lossOf: nil)
        #expect(batch.changes.map(Told.init) == [.mapped])
    }

    @Test("tell a restart though nothing was granted")
    func lossAlone() throws {
        var ports = try Self.held([GrantShape()])
        let batch = ports.take([], lossOf: .test("192.168.77.1"))
        #expect(batch.changes == [.gatewayRestarted(gateway: .router)])
        #expect(batch.steps.isEmpty)
    }

    @Test("leave mappings to be deleted on another gateway, none on the same one")
    func left() throws {
        var ports = try Self.held([GrantShape(), GrantShape(), GrantShape()])
        _ = ports.lost(1, because: .noGateway)
        let old = (0..<3).compactMap { ports[$0].remainder(at: GrantShape.noon)?.lease.key }
        let batch = ports.take(
            try Self.grants([
                GrantShape(gateway: 2), GrantShape(gateway: 2), GrantShape(host: 20),
            ]), lossOf: nil)
        #expect(batch.left.map(\.lease.key) == Array(old.prefix(2)))
        #expect(batch.replaced == Set(old))
        #expect(batch.leases.map(\.key) == (0..<3).compactMap { ports[$0].held?.lease.key })
    }

    @Test("are asked for and deleted in the order of the requests, gateway by gateway")
    func orderOnTheWire() throws {
        // Enough gateways that a dictionary would hardly keep their order by chance.
        let gateways: [UInt8] = [7, 3, 11, 1, 9, 5, 13, 2, 8, 4, 7, 3]
        let ports = try Self.held(gateways.map { GrantShape(gateway: $0) })
        let groups = ports.renewals(of: Array(gateways.indices))
        let targets = gateways.prefix(10).map(GrantShape.target)
        #expect(groups.map(\.target) == targets)
        #expect(groups.map(\.indices) == [[0, 10], [1, 11]] + (2..<10).map { [$0] })
        let remainders = ports.remainders(at: GrantShape.noon)
        #expect(remainders.map(\.target) == targets)
        #expect(remainders.map(\.indices) == groups.map(\.indices))
        #expect(ports.targets == targets)
    }

    @Test("are renewed apart where they lead to different addresses, or are not there")
    func renewalGroups() throws {
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        var requests = [request]
        request.internalAddress = IPv4Address(rawValue: 0xC0A8_4D14)
        requests += [request, request, request]
        var ports = HeldPorts(requests)
        _ = ports.take(
            try Self.grants([GrantShape(), GrantShape(host: 20), GrantShape(host: 20)]),
            lossOf: nil)
        let groups = ports.renewals(of: [0, 1, 2, 3])
        #expect(groups.map(\.indices) == [[0], [1, 2], [3]])
        #expect(
            groups.map(\.target) == [GrantShape.target(1), GrantShape.target(1), nil])
    }

    @Test("are warned of once each, whichever of them was granted last")
    func warnings() throws {
        var ports = try Self.ports(2)
        let (first, second, third) = (
            MapperWarning.sensitivePort(.http, service: "one"),
            MapperWarning.sensitivePort(.http, service: "two"), MapperWarning.leasesOnly(nil)
        )
        #expect(ports.warn([(0, [first])], others: []) == [first])
        #expect(ports.warn([(1, [second, first])], others: []) == [second])
        #expect(ports.warn([(0, [first])], others: []).isEmpty)
        #expect(ports.warn([(1, [second])], others: [third]) == [third])
        #expect(ports.warnings == [first, second, third])
        // What no longer holds is told again when it comes back.
        #expect(ports.warn([(0, [])], others: []).isEmpty)
        #expect(ports.warnings == [second])
        #expect(ports.warn([(0, [first])], others: []) == [first])
    }

    /// What a reading of the table means for one mapping of two.
    struct ReadingRule: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var technique: Technique
        /// Whether the table has shown the other mapping.
        var showsOther = false
        var reading: TableReading
        var told: Told?
        var isPresent: Bool?
        var outdated: [Int] = []
        var isHint = false
        /// Whether the table is still read after this.
        var isReadable = true
    }

    private static let absent = TableReading(isPresent: false, failure: .silence)
    private static let unreadable = TableReading(failure: .silence)

    static let readingRules = [
        ReadingRule(
            testDescription: "an entry that is there is seen", technique: .pcp,
            reading: TableReading(isPresent: true), isPresent: true),
        ReadingRule(
            testDescription: "the same external address is no news", technique: .upnp,
            reading: TableReading(
                isPresent: true, externalAddress: GrantShape.external(1)), isPresent: true),
        ReadingRule(
            testDescription: "another one outdates the gateway's mappings", technique: .upnp,
            reading: TableReading(
                isPresent: true, externalAddress: GrantShape.external(9)), isPresent: true,
            outdated: [0, 1]),
        ReadingRule(
            testDescription: "an address that cannot be read is a hint", technique: .upnp,
            reading: TableReading(isPresent: true, failure: .silence), isPresent: true,
            isHint: true),
        ReadingRule(
            testDescription: "an entry that UPnP has made and lacks is lost", technique: .upnp,
            reading: absent, told: .lost, isPresent: false),
        ReadingRule(
            testDescription: "one of PCP is lost where the table has shown others",
            technique: .pcp, showsOther: true, reading: absent, told: .lost, isPresent: false),
        ReadingRule(
            testDescription: "else it is a hint, and the table is not read again",
            technique: .pcp, reading: absent, isHint: true, isReadable: false),
        ReadingRule(
            testDescription: "a table of UPnP's that cannot be read is a hint", technique: .upnp,
            reading: unreadable, isHint: true),
        ReadingRule(
            testDescription: "one that only shows what PCP made is none", technique: .pcp,
            reading: unreadable),
    ]

    @Test("learn from the gateway's table", arguments: readingRules)
    func reading(rule: ReadingRule) throws {
        let shape = GrantShape(technique: rule.technique)
        var ports = try Self.held([shape, shape, GrantShape(gateway: 2)])
        if rule.showsOther { _ = ports.take(TableReading(isPresent: true), of: 1) }
        let news = ports.take(rule.reading, of: 0)
        #expect(Told(news.change) == rule.told)
        #expect(news.isPresent == rule.isPresent)
        #expect(news.outdated == rule.outdated)
        #expect(news.isHint == rule.isHint)
        #expect((ports.readable(1) != nil) == rule.isReadable)
        #expect(ports.readable(2) != nil)
    }

    @Test("read no table that failed three times in a row, until the path is another one")
    func failedReads() throws {
        var ports = try Self.held([GrantShape()])
        for _ in 0..<2 { _ = ports.take(Self.unreadable, of: 0) }
        _ = ports.take(TableReading(isPresent: true), of: 0)
        for _ in 0..<2 { _ = ports.take(Self.unreadable, of: 0) }
        #expect(ports.readable(0) != nil)
        _ = ports.take(Self.unreadable, of: 0)
        #expect(ports.readable(0) == nil)
        ports.pathHasChanged()
        #expect(ports.readable(0) != nil)
    }

    @Test("read a table of UPnP's that has made the mapping however often that fails")
    func failedReadsByUPnP() throws {
        var ports = try Self.held([GrantShape(technique: .upnp)])
        for _ in 0..<9 { _ = ports.take(Self.unreadable, of: 0) }
        #expect(ports.readable(0) != nil)
    }

    @Test("are assigned where they can be reached")
    func assignments() throws {
        let ports = try Self.held([GrantShape(externalPort: 9000), GrantShape(external: nil)])
        let (host, other) = (GrantShape.gateway(10), GrantShape.gateway(20))
        let (first, second) = (try TestPort.number(8080), try TestPort.number(8081))
        let external = PortAssignment(
            .tcp, address: GrantShape.external(1), port: try TestPort.number(9000),
            technique: .pcp)
        let cases: [(HoldOptions.LocalAddresses?, [IPAddress])] = [
            (nil, []), (.only(other), [other]), (.everyInterface(nil), [host, other]),
            (.internal, [host]),
        ]
        for (localAddresses, local) in cases {
            let assignments = ports.assignments(
                localAddresses, everyAddress: [host, other], pathAddress: other)
            #expect(
                assignments == local.map { PortAssignment(.tcp, address: $0, port: first) }
                    + [external] + local.map { PortAssignment(.tcp, address: $0, port: second) })
        }
        // What is not mapped yet is told at this host's address on the path.
        let unmapped = try Self.ports(1).assignments(
            .internal, everyAddress: [], pathAddress: other)
        #expect(unmapped == [PortAssignment(.tcp, address: other, port: first)])
    }
}
