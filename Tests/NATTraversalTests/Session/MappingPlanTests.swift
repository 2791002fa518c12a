import Testing

@testable import NATTraversal

@Suite("Mapping plan") struct MappingPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var plan: MappingPlan
        var technique: Technique?
        var standing: MappingPlan.Standing?
        var lease: @Sendable (inout Lease) -> Void = { _ in }
        var request: @Sendable (inout MappingRequest) -> Void = { _ in }
    }

    static let peer = IPAddress.v4(IPv4Address(rawValue: 0xCB00_7109))
    static let port9000 = PortNumber(rawValue: 9000)
    static let port9001 = PortNumber(rawValue: 9001)

    static let cases = [
        Case(testDescription: "the same again", plan: .renewal),
        Case(
            testDescription: "the same where another port was granted", plan: .renewal,
            lease: { $0.externalPort = port9001 ?? $0.externalPort }),
        Case(
            testDescription: "an -e that was granted", plan: .renewal,
            lease: { $0.externalPort = port9001 ?? $0.externalPort },
            request: { $0.externalPort = port9001 }),
        Case(
            testDescription: "an -e that was suggested before, and not granted", plan: .renewal,
            lease: {
                $0.externalPort = port9001 ?? $0.externalPort
                $0.suggestedExternalPort = port9000 ?? $0.externalPort
            }, request: { $0.externalPort = port9000 }),
        Case(
            testDescription: "another -e", plan: .move, request: { $0.externalPort = port9000 }),
        Case(
            testDescription: "--exact where it was granted so", plan: .renewal,
            request: { $0.isExact = true }),
        Case(
            testDescription: "--exact where another port was granted", plan: .move,
            lease: { $0.externalPort = port9001 ?? $0.externalPort },
            request: { $0.isExact = true }),
        Case(testDescription: "the same --via", plan: .renewal, technique: .pcp),
        Case(testDescription: "another --via", plan: .move, technique: .natPMP),
        Case(
            testDescription: "another --remote-host by PCP, which replaces filters", plan: .renewal,
            request: { $0.remoteHost = peer }),
        Case(
            testDescription: "no --remote-host any more, by PCP", plan: .renewal,
            lease: { $0.remoteHost = peer }),
        Case(
            testDescription: "another --remote-host by another technique", plan: .move,
            lease: { $0.technique = .natPMP }, request: { $0.remoteHost = peer }),
        Case(
            testDescription: "a request that was never answered", plan: .renewal,
            lease: { $0.state = .asked }),
        Case(
            testDescription: "another -e than a later command's, of a holder", plan: .renewal,
            standing: .alone, request: { $0.externalPort = port9000 }),
        Case(
            testDescription: "another -e than another holder's", plan: .renewal,
            standing: .shared, request: { $0.externalPort = port9000 }),
        Case(
            testDescription: "--exact on another port than a later command's, of a holder",
            plan: .move, standing: .alone,
            request: {
                $0.externalPort = port9000
                $0.isExact = true
            }),
        Case(
            testDescription: "--exact on another port than another holder's", plan: .contested,
            standing: .shared,
            request: {
                $0.externalPort = port9000
                $0.isExact = true
            }),
        Case(
            testDescription: "another --via than another holder's", plan: .contested,
            technique: .natPMP, standing: .shared),
        Case(
            testDescription: "another --remote-host than another holder's", plan: .contested,
            standing: .shared, lease: { $0.technique = .upnp }, request: { $0.remoteHost = peer }),
        Case(
            testDescription: "the same as another holder's", plan: .renewal, standing: .shared),
        Case(
            testDescription: "another lifetime and description", plan: .renewal,
            request: {
                $0.lifetime = .seconds(60)
                $0.description = "another"
            }),
    ]

    @Test("what a request means beside a lease", arguments: cases)
    func plans(example: Case) throws {
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        example.request(&request)
        let plan = MappingPlan(
            request, lease: try .sample(example.lease), technique: example.technique,
            standing: example.standing)
        #expect(plan == example.plan)
    }

    @Test("without a lease everything is new")
    func plansNew() throws {
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        #expect(MappingPlan(request, lease: nil, technique: nil) == .new)
        #expect(MappingPlan(request, lease: nil, technique: .natPMP) == .new)
    }
}
