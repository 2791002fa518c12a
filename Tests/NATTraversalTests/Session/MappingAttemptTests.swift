import TestSupport
import Testing

@testable import NATTraversal

@Suite("An attempt at a mapping") struct MappingAttemptTests {
    @Test(
        "goes by the techniques that can express it, best first",
        arguments: [
            (.ipv4, nil, nil, false, false, [.pcp, .natPMP, .upnp]),
            (.ipv4, nil, .natPMP, false, false, [.natPMP, .pcp, .upnp]),
            (.ipv4, nil, nil, true, false, [.pcp, .upnp]),
            (.ipv4, nil, nil, false, true, [.upnp, .pcp]),
            (.ipv6, nil, nil, false, false, [.pcp, .upnp]),
            (.ipv6, nil, .upnp, false, false, [.upnp, .pcp]),
            (.ipv6, nil, nil, false, true, [.upnp, .pcp]),
            (.ipv6, .natPMP, nil, false, false, []), (.ipv6, .pcp, nil, false, true, [.pcp]),
        ] as [(AddressFamily, Technique?, Technique?, Bool, Bool, [Technique])])
    func orders(
        family: AddressFamily, only: Technique?, remembered: Technique?, isForThirdParty: Bool,
        hasRemoteHost: Bool, order: [Technique]
    ) {
        #expect(
            MappingAttempt.order(
                family, only: only, remembered: remembered, isForThirdParty: isForThirdParty,
                hasRemoteHost: hasRemoteHost) == order)
    }

    @Test("for one peer goes by UPnP first, and by PCP with a warning (N-20)")
    func limitsPeer() throws {
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.remoteHost = .v4(IPv4Address(rawValue: 0xCB00_7109))
        let key = Lease.Key(
            gateway: .router, transport: .tcp, internalAddress: PCPVectors.client,
            internalPort: request.internalPort)
        for technique in [Technique.pcp, .upnp] {
            var attempt = MappingAttempt(
                request, key: key, isThirdParty: false, old: nil, MappingAttempt.Terms())
            #expect(attempt.ladder.firstTechnique == .upnp)
            let grant = MappingGrant(
                technique: technique, externalAddress: PCPVectors.client,
                externalPort: request.internalPort, lifetimeSeconds: 7200)
            attempt.take(
                TechniqueAnswer(result: .success(grant)), by: technique, wasOpened: false, at: .now)
            let codes = attempt.warnings(gateway: PCPVectors.client).map(\.code)
            #expect(codes.contains("filterUnproved") == (technique == .pcp))
        }
    }

    @Test("that NAT-PMP cannot express fails before anybody is asked", arguments: [true, false])
    func isInexpressible(isForThirdParty: Bool) throws {
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        if !isForThirdParty { request.remoteHost = .v4(IPv4Address(rawValue: 0xCB00_7109)) }
        let key = Lease.Key(
            gateway: .router, transport: .tcp, internalAddress: PCPVectors.client,
            internalPort: request.internalPort)
        let attempt = MappingAttempt(
            request, key: key, isThirdParty: isForThirdParty, old: nil,
            MappingAttempt.Terms(only: .natPMP))
        guard case .inexpressible = attempt.failure else {
            Issue.record("\(String(describing: attempt.failure))")
            return
        }
        #expect(attempt.isOver)
    }
}
