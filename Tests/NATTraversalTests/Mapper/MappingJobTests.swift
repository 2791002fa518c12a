import Glibc
import Testing

@testable import NATTraversal

@Suite("Mapping job") struct MappingJobTests {
    static let refusal = PortMapperError.refused(
        GatewayRefusal(gateway: "192.168.77.1", technique: .pcp, code: 2, name: nil))
    static let silence = PortMapperError.noAnswer(gateway: "192.168.77.1", after: .seconds(3))

    @Test(
        "a refusal ends an intent, of this run or of one that was killed, but no granted lease",
        arguments: [
            (Lease.State.asked, refusal, false),
            (.asked, silence, true),
            (.granted, refusal, true),
            (.granted, silence, true),
        ])
    func records(state: Lease.State, error: PortMapperError, stays: Bool) throws {
        let port = try #require(PortNumber(rawValue: 8080))
        let request = MappingRequest(.tcp, internalPort: port)
        let key = Lease.Key(
            gateway: "192.168.77.1", transport: .tcp,
            internalAddress: .v4(IPv4Address(rawValue: 0xC0A8_4D0A)), internalPort: port)
        let first = MappingJob(
            request, key: key, old: nil, selection: GatewaySelection(), isThirdParty: false)
        var lease = first.intent(isThirdParty: false, at: .now)
        lease.state = state
        var table = LeaseTable()
        table[key] = lease

        var job = MappingJob(
            request, key: key, old: lease, selection: GatewaySelection(), isThirdParty: false)
        job.take(.failure(error), by: .pcp)
        job.record(in: &table, isThirdParty: false, at: .now)
        #expect((table[key] != nil) == stays)
    }

    @Test(
        "what UPnP was asked for and has not answered stays asked for, whatever the others said",
        arguments: [
            PortMapperError.closed(
                gateway: "192.168.77.1", cause: SystemError("receive", code: ECONNREFUSED)),
            .unsupported(gateway: "192.168.77.1", technique: .pcp),
        ], [true, false])
    func silenceOfUPnP(other: PortMapperError, isFirst: Bool) throws {
        let port = try TestPort.number(8080)
        let key = Lease.Key(
            gateway: "192.168.77.1", transport: .tcp,
            internalAddress: .v4(IPv4Address(rawValue: 0xC0A8_4D0A)), internalPort: port)
        var job = MappingJob(
            MappingRequest(.tcp, internalPort: port), key: key, old: nil,
            selection: GatewaySelection(), isThirdParty: false)
        var table = LeaseTable()
        if isFirst { job.take(.failure(other), by: .pcp) }
        job.portAskedByUPnP = try TestPort.number(8081)
        table[key] = job.intent(isThirdParty: false, at: .now)
        job.take(.failure(Self.silence), by: .upnp)
        if !isFirst { job.take(.failure(other), by: .pcp) }
        job.record(in: &table, isThirdParty: false, at: .now)
        #expect(job.failure == Self.silence)
        #expect(table[key]?.technique == .upnp)
        #expect(table[key]?.externalPort.rawValue == 8081)

        // An answer settles it.
        job.take(.failure(Self.refusal), by: .upnp)
        job.record(in: &table, isThirdParty: false, at: .now)
        #expect(job.failure == Self.refusal)
        #expect(table[key] == nil)
    }
}
