import Testing

@testable import NATTraversal

@Suite("A port that is held") struct HeldPortTests {
    /// Something that happens to a port.
    enum Step: Sendable {
        case grant(GrantShape = GrantShape())
        case failure(PortMapperError, HeldMappingState.Consequence)
        case loss
        case deletion
    }

    /// What is told of each step.
    struct Rule: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var steps: [Step]
        var told: [Told?]

        init(_ description: String, _ steps: [Step], _ told: [Told?]) {
            testDescription = description
            self.steps = steps
            self.told = told
        }
    }

    private static func port() throws -> HeldPort {
        HeldPort(MappingRequest(.tcp, internalPort: try TestPort.number(8080)))
    }

    private static func told(of step: Step, by port: inout HeldPort) throws -> Told? {
        switch step {
        case .grant(let shape):
            Told(port.granted(try shape.grant(), hasLostTable: false).change)
        case .failure(let error, let consequence): Told(port.failed(error, consequence))
        case .loss: Told(port.lost(because: .noGateway))
        case .deletion: port.deleted() == nil ? nil : .unmapped
        }
    }

    /// What grants leave in UPnP's table, by its external port; `nil` for nothing.
    static let leftByUPnP: [(grants: [GrantShape], port: UInt16?)] = [
        ([GrantShape(technique: .upnp)], nil),
        ([GrantShape(), GrantShape(technique: .upnp)], nil),
        ([GrantShape(technique: .upnp), GrantShape()], 8080),
        ([GrantShape(technique: .upnp), GrantShape(technique: .natPMP), GrantShape()], 8080),
        ([GrantShape(technique: .upnp), GrantShape(), GrantShape(technique: .upnp)], nil),
        (
            [
                GrantShape(technique: .upnp), GrantShape(),
                GrantShape(externalPort: 8081, technique: .upnp),
            ], 8080
        ),
        // Another lease, which is deleted as such.
        ([GrantShape(technique: .upnp), GrantShape(gateway: 2)], nil),
        ([GrantShape(technique: .upnp), GrantShape(host: 11)], nil),
    ]

    @Test("knows what another technique has left in UPnP's table", arguments: leftByUPnP)
    func supersedes(example: (grants: [GrantShape], port: UInt16?)) throws {
        var port = try Self.port()
        for shape in example.grants {
            _ = port.granted(try shape.grant(), hasLostTable: false)
        }
        #expect(port.superseded?.lease.externalPort.rawValue == example.port)
        #expect(port.superseded.map { $0.lease.technique == .upnp } ?? true)
    }

    static let rules = [
        Rule("the first grant is told as mapped", [.grant()], [.mapped]),
        Rule("the same again is a renewal", [.grant(), .grant()], [.mapped, .renewed]),
        Rule(
            "another lifetime is a renewal",
            [.grant(), .grant(GrantShape(lifetimeSeconds: 600))], [.mapped, .renewed]),
        Rule(
            "another external address is a change",
            [.grant(), .grant(GrantShape(external: 9))], [.mapped, .changed]),
        Rule(
            "an answer without the external address is a renewal",
            [.grant(), .grant(GrantShape(external: nil)), .grant()],
            [.mapped, .renewed, .renewed]),
        Rule(
            "another external port is a change",
            [.grant(), .grant(GrantShape(externalPort: 8081))], [.mapped, .changed]),
        Rule(
            "another technique is a change",
            [.grant(), .grant(GrantShape(technique: .upnp))], [.mapped, .changed]),
        Rule(
            "another address of this host is a change",
            [.grant(), .grant(GrantShape(host: 20))], [.mapped, .changed]),
        Rule(
            "another gateway is a change",
            [.grant(), .grant(GrantShape(gateway: 2))], [.mapped, .changed]),
        Rule(
            "a loss is told once, and the next grant as mapped",
            [
                .grant(), .failure(.silence, .lost), .failure(.silence, .stillAbsent), .loss,
                .grant(),
            ], [.mapped, .lost, nil, nil, .mapped]),
        Rule(
            "a port that is not mapped is not lost",
            [.loss, .failure(.silence, .lost)], [nil, nil]),
        Rule(
            "one silence is not told, two are, once",
            [
                .grant(), .failure(.silence, .asksAgain(failures: 1)),
                .failure(.silence, .asksAgain(failures: 2)),
                .failure(.silence, .asksAgain(failures: 3)),
            ], [.mapped, nil, .mappingFailed, nil]),
        Rule(
            "a refusal is told at once, once, and again after a grant",
            [
                .grant(), .failure(.refusal(2), .asksAgain(failures: 1)),
                .failure(.refusal(2), .asksAgain(failures: 2)), .grant(),
                .failure(.refusal(2), .asksAgain(failures: 1)),
            ], [.mapped, .mappingFailed, nil, .renewed, .mappingFailed]),
        Rule(
            "a failure of another kind is told",
            [
                .failure(.silence, .stillAbsent), .failure(.noGateway, .stillAbsent),
                .failure(.silence, .stillAbsent),
            ], [.mappingFailed, .mappingFailed, .mappingFailed]),
        Rule(
            "a deleted mapping is told, once",
            [.grant(), .deletion, .deletion], [.mapped, .unmapped, nil]),
        Rule(
            "a mapping that was told as lost is not told as deleted",
            [.grant(), .loss, .deletion], [.mapped, .lost, nil]),
    ]

    @Test("tells what has changed", arguments: rules)
    func tells(rule: Rule) throws {
        var port = try Self.port()
        let told = try rule.steps.map { try Self.told(of: $0, by: &port) }
        #expect(told == rule.told)
    }

    @Test(
        "says what a grant shows of the others",
        arguments: [
            (nil, GrantShape(), false, HoldPlan.Evidence.none),
            (nil, GrantShape(isNew: true), false, .none),
            (nil, GrantShape(), true, .loss),
            (GrantShape(), GrantShape(), false, .none),
            (GrantShape(), GrantShape(isNew: true), false, .absence),
            (GrantShape(), GrantShape(externalPort: 8081), false, .move),
            (GrantShape(), GrantShape(externalPort: 8081, isNew: true), false, .move),
            (GrantShape(), GrantShape(gateway: 2, isNew: true), false, .none),
            (GrantShape(), GrantShape(externalPort: 8081), true, .loss),
        ])
    func evidence(
        old: GrantShape?, new: GrantShape, hasLostTable: Bool, evidence: HoldPlan.Evidence
    ) throws {
        var port = try Self.port()
        if let old { _ = port.granted(try old.grant(), hasLostTable: false) }
        let update = port.granted(try new.grant(), hasLostTable: hasLostTable)
        #expect(update.evidence == evidence)
    }

    @Test(
        "replaces the mapping of before where the lease is another one, even when that was lost",
        arguments: [
            (GrantShape(externalPort: 8081), false), (GrantShape(technique: .upnp), false),
            (GrantShape(gateway: 2), true), (GrantShape(host: 20), true),
        ], [false, true])
    func replaces(change: (new: GrantShape, isReplaced: Bool), isLost: Bool) throws {
        var port = try Self.port()
        let old = try GrantShape().grant().held
        _ = port.granted(try GrantShape().grant(), hasLostTable: false)
        if isLost { _ = port.lost(because: .noGateway) }
        let update = port.granted(try change.new.grant(), hasLostTable: false)
        #expect(update.replaced?.lease == (change.isReplaced ? old.lease : nil))
    }

    @Test("keeps the external address of before, in its lease too, but not another gateway's")
    func keepsAddress() throws {
        var port = try Self.port()
        _ = port.granted(try GrantShape().grant(), hasLostTable: false)
        _ = port.granted(try GrantShape(external: nil).grant(), hasLostTable: false)
        #expect(port.held?.mapping.externalAddress == GrantShape.external(1))
        #expect(port.held?.lease.externalAddress == GrantShape.external(1))
        _ = port.granted(try GrantShape(gateway: 2, external: nil).grant(), hasLostTable: false)
        #expect(port.held?.mapping.externalAddress == nil)
    }

    @Test("releases at the end what is held, and what was told as lost until it has run out")
    func remainder() throws {
        let (noon, evening) = (GrantShape.noon, GrantShape.noon.advanced(bySeconds: 7200))
        var port = try Self.port()
        #expect(port.remainder(at: noon) == nil)
        let grant = try GrantShape().grant()
        _ = port.granted(grant, hasLostTable: false)
        #expect(port.remainder(at: noon)?.lease == grant.held.lease)
        // The gateway may have forgotten a renewal that this host has seen, never the reverse.
        #expect(port.remainder(at: evening)?.lease == grant.held.lease)
        _ = port.lost(because: .noGateway)
        #expect(port.held == nil)
        #expect(port.remainder(at: noon)?.lease == grant.held.lease)
        #expect(port.remainder(at: evening) == nil)
        _ = port.deleted()
        #expect(port.remainder(at: noon) == nil)
    }

    @Test("asks for the external port of before, unless the user has named one")
    func externalPort() throws {
        var port = try Self.port()
        let grant = try GrantShape(externalPort: 9000).grant()
        let key = grant.held.lease.key
        #expect(port.renewedRequest.suggestedExternalPort(for: key).rawValue == 8080)
        _ = port.granted(grant, hasLostTable: false)
        _ = port.lost(because: .noGateway)
        #expect(port.renewedRequest.suggestedExternalPort(for: key).rawValue == 9000)
        #expect(port.renewedRequest.externalPort == nil)
        var request = port.request
        request.externalPort = try TestPort.number(80)
        port = HeldPort(request)
        _ = port.granted(grant, hasLostTable: false)
        #expect(port.renewedRequest.suggestedExternalPort(for: key).rawValue == 80)
    }

    @Test(
        "asks for what the user wished when this host's address is another one, on its return too")
    func externalPortElsewhere() throws {
        var port = try Self.port()
        let home = try GrantShape().grant().held.lease
        _ = port.granted(try GrantShape().grant(), hasLostTable: false)
        // At its other address the host gets another port, because the old rule is still there.
        let away = try GrantShape(externalPort: 8081, host: 11).grant()
        #expect(
            port.renewedRequest.suggestedExternalPort(for: away.held.lease.key).rawValue == 8080)
        _ = port.granted(away, hasLostTable: false)
        let request = port.renewedRequest
        #expect(request.suggestedExternalPort(for: home.key).rawValue == 8080)
        let attempt = MappingAttempt(
            request, key: home.key, isThirdParty: false, old: home, MappingAttempt.Terms())
        #expect(attempt.plan == .renewal)
        #expect(attempt.ladder.variation.suggestion.port.rawValue == 8080)
        // Another gateway holds nothing of this host's, so that the port can stay.
        let other = try GrantShape(gateway: 2, host: 12).grant().held.lease.key
        #expect(request.suggestedExternalPort(for: other).rawValue == 8081)
    }

    @Test("was seen in the table until it is granted as new, or by another gateway")
    func seen() throws {
        var port = try Self.port()
        for (shape, wasSeen) in [
            (GrantShape(), true), (GrantShape(isNew: true), false), (GrantShape(gateway: 2), false),
        ] {
            _ = port.granted(try GrantShape().grant(), hasLostTable: false)
            port.seen()
            _ = port.granted(try shape.grant(), hasLostTable: false)
            #expect(port.held?.wasSeen == wasSeen)
        }
    }

    /// What a response says that differs from what is known.
    enum Difference: CaseIterable, Sendable {
        case nothing, nonce, transport, internalPort
        case externalPort, externalAddress, deletion, refusal
    }

    @Test("is updated by what its gateway says of it alone", arguments: Difference.allCases)
    func updated(difference: Difference) throws {
        var mapping = PCPMapping(
            nonce: try PCPVectors.nonce, transport: .tcp, internalPort: 8080, externalPort: 8080,
            externalAddress: GrantShape.external(1))
        switch difference {
        case .nonce: mapping.nonce = .random()
        case .transport: mapping.protocolNumber = 17
        case .internalPort: mapping.internalPort = 8081
        case .externalPort: mapping.externalPort = 8081
        case .externalAddress: mapping.externalAddress = GrantShape.external(9)
        case .nothing, .deletion, .refusal: break
        }
        var response = try PCPResponse(
            parsing: bytes("02810000 00001c20 00001000 00000000 00000000 00000000")
                + mapping.encoded)
        if difference == .deletion { response.lifetimeSeconds = 0 }
        if difference == .refusal { response.result = PCPResult(rawValue: 2) }
        var port = try Self.port()
        #expect(!port.isUpdated(by: response))
        _ = port.granted(try GrantShape().grant(), hasLostTable: false)
        let isNews =
            switch difference {
            case .nothing, .nonce, .transport, .internalPort: false
            case .externalPort, .externalAddress, .deletion, .refusal: true
            }
        #expect(port.isUpdated(by: response) == isNews)
        // The second copy of a refusal is no news.
        _ = port.failed(.refusal(2), .asksAgain(failures: 1))
        #expect(port.isUpdated(by: response) == (isNews && difference != .refusal))
    }
}
