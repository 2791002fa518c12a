import TestSupport

@testable import NATTraversal

extension Lease {
    /// A mapping of TCP 8080 of 192.168.77.10 by PCP, granted at noon for 2 hours.
    static func sample(
        _ change: (inout Lease) throws -> Void = { _ in }
    ) throws -> Lease {
        let noon = Timestamp(secondsSince1970: 1_795_348_800)
        let port = try TestPort.number(8080)
        var lease = Lease(
            key: Key(
                gateway: .router, transport: .tcp,
                internalAddress: .v4(IPv4Address(rawValue: 0xC0A8_4D0A)), internalPort: port),
            state: .granted, technique: .pcp, nonce: try PCPVectors.nonce,
            suggestedExternalPort: port, externalAddress: PCPVectors.external,
            externalPort: port, lifetimeSeconds: 7200,
            expiry: noon.advanced(bySeconds: 7200), created: noon, confirmed: noon)
        try change(&lease)
        return lease
    }
}

extension Lease {
    /// Its record in the lease file.
    var document: JSONValue {
        .object(Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) }))
    }
}
