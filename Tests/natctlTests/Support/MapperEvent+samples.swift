import TestSupport

@testable import NATTraversal
@testable import natctl

extension Mapping {
    /// A mapping such as a router makes.
    static func sample(
        _ transport: TransportProtocol = .tcp, port: UInt16 = 8080,
        external: String = "198.51.100.7"
    ) -> Mapping? {
        guard let inside = IPv4Address("192.168.1.10"), let number = PortNumber(rawValue: port)
        else { return nil }
        return Mapping(
            transport: transport, internalAddress: .v4(inside), internalPort: number,
            externalAddress: IPv4Address(external).map(IPAddress.v4), externalPort: number,
            remoteHost: nil, lifetime: .seconds(7200),
            expiry: Timestamp(secondsSince1970: 1_795_636_800), technique: .pcp,
            gateway: .test("192.168.1.1"), description: nil, isMine: true)
    }
}

extension MapperEvent {
    /// The event with the assignments that go with a mapping.
    static func sample(_ change: Change, of mapping: Mapping?) -> MapperEvent {
        MapperEvent(
            change, at: Timestamp(secondsSince1970: 1_795_629_600),
            assignments: mapping.map { mapping in
                [
                    PortAssignment(
                        mapping.transport, address: mapping.internalAddress,
                        port: mapping.internalPort),
                    PortAssignment(
                        mapping.transport, address: mapping.externalAddress ?? .v4(.unspecified),
                        port: mapping.externalPort, technique: mapping.technique),
                ]
            } ?? [])
    }

    /// One of each kind, and those with nothing in them.
    static let samples: [MapperEvent] = {
        guard let mapping = Mapping.sample(), let other = Mapping.sample(external: "198.51.100.9"),
            let address = mapping.externalAddress
        else { return [] }
        let place = NetworkPlace(interface: "eth0", address: mapping.internalAddress)
        let changes: [Change] = [
            .mapped(mapping), .renewed(mapping), .changed(other, previous: mapping),
            .lost(mapping, .noAnswer(gateway: .test("192.168.1.1"), after: .seconds(3))),
            .unmapped(mapping), .externalAddressChanged(address, previous: nil),
            .externalAddressChanged(nil, previous: address),
            .gatewayRestarted(gateway: .test("192.168.1.1")),
            .gatewayChanged(.test("192.168.1.1"), previous: nil),
            .gatewayChanged(nil, previous: .test("[fe80::1%eth0]:5352")),
            .interfaceChanged(place, previous: nil), .interfaceChanged(nil, previous: place),
            .interfaceChanged(NetworkPlace(interface: nil, address: address), previous: place),
            .warning(.hookFailed("the hook for mapped ended with 1")),
            .mappingFailed(.tcp, mapping.internalPort, .noGateway),
        ]
        return changes.map { sample($0, of: $0.mapping) }
    }()
}
