import TestSupport
import Testing

@testable import NATTraversal

@Suite("An attempt at a mapping") struct MappingAttemptTests {
    @Test("for one peer goes by UPnP first, and by PCP with a warning (N-20)")
    func limitsPeer() throws {
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.remoteHost = IPv4Address(rawValue: 0xCB00_7109)
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
        if !isForThirdParty { request.remoteHost = IPv4Address(rawValue: 0xCB00_7109) }
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
