import TestSupport
import Testing

@testable import NATTraversal

@Suite("What a gateway's answers say about the path") struct GatewayReportTests {
    static func report(
        _ problems: [Technique: PortMapperError], available: Set<Technique> = []
    ) throws -> GatewayReport {
        let techniques = Technique.allCases.map { technique in
            GatewayReport.TechniqueReport(
                technique: technique, isAvailable: available.contains(technique),
                problem: problems[technique])
        }
        return GatewayReport(
            address: try #require(IPAddress("192.168.77.1")), interface: nil, localAddress: nil,
            rank: 1, reason: "", techniques: techniques)
    }

    @Test(
        "the address that a refusal of PCP tells says what the others hide",
        arguments: [
            ("10.9.9.1", Diagnosis.doubleNAT), ("100.64.9.1", .carrierNAT),
            ("169.254.7.1", .reserved), ("11.22.33.1", .public),
        ])
    func fromRefusal(address: String, diagnosis: Diagnosis) throws {
        var report = try Self.report(
            [
                .natPMP: .refused(try .test(.natPMP, 3)),
                .upnp: .noExternalAddress(gateway: .router, technique: .upnp),
            ], available: Set(Technique.allCases))
        #expect(report.diagnosis == .noExternalAddress)
        let pcp = try #require(report.techniques.firstIndex { $0.technique == .pcp })
        report.techniques[pcp].externalAddress = IPAddress(address)
        #expect(report.diagnosis == diagnosis)
    }

    @Test("a technique that was found and told nothing is not the lack of one")
    func unknown() throws {
        let silence = PortMapperError.noAnswer(gateway: .router, after: .seconds(3))
        let found = PortMapperError.noAnswer(
            gateway: .router, technique: .upnp, after: .seconds(3))
        let nonsense = PortMapperError.badAnswer(gateway: .router, technique: .upnp, problem: "")
        #expect(try Self.report([.pcp: silence, .upnp: silence]).diagnosis == .noMappingService)
        #expect(try Self.report([.pcp: silence, .upnp: found]).diagnosis == nil)
        #expect(try Self.report([.pcp: silence, .upnp: nonsense]).diagnosis == nil)
    }
}
