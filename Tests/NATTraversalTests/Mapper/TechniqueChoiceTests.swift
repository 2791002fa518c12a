import Testing

@testable import NATTraversal

@Suite("Technique choice") struct TechniqueChoiceTests {
    @Test(
        "PCP, then NAT-PMP, then UPnP, with the lease's technique before them",
        arguments: [
            (nil, nil, false, [Technique.pcp, .natPMP, .upnp]),
            (nil, Technique.natPMP, false, [.natPMP, .pcp, .upnp]),
            (nil, .pcp, false, [.pcp, .natPMP, .upnp]),
            (nil, .upnp, false, [.upnp, .pcp, .natPMP]),
            (Technique.natPMP, nil, false, [.natPMP]),
            (.pcp, .natPMP, false, [.pcp]),
            (nil, nil, true, [.pcp, .upnp]),
            (nil, .natPMP, true, [.pcp, .upnp]),
            (.natPMP, nil, true, []),
        ] as [(Technique?, Technique?, Bool, [Technique])])
    func orders(only: Technique?, lease: Technique?, isBeyondNATPMP: Bool, order: [Technique]) {
        let chosen = TechniqueChoice.order(
            only: only, lease: lease, isBeyondNATPMP: isBeyondNATPMP)
        #expect(chosen == order)
    }

    static func refused(_ technique: Technique, _ code: Int) -> PortMapperError {
        .refused(
            GatewayRefusal(gateway: "192.168.77.1", technique: technique, code: code, name: nil))
    }

    static let gateway = "192.168.77.1"
    static let silence = PortMapperError.noAnswer(gateway: gateway, after: .seconds(3))
    static let absence = PortMapperError.unsupported(gateway: gateway, technique: .pcp)
    static let nonsense = PortMapperError.badAnswer(gateway: gateway, technique: .pcp, problem: "")

    static let closed = PortMapperError.closed(
        gateway: gateway, cause: SystemError("receive", code: 111))

    @Test(
        "the next technique is asked where this one is not there, and only then",
        arguments: [
            (Technique.pcp, absence, Technique.natPMP, true),
            (.pcp, refused(.pcp, 4), .natPMP, true),
            (.natPMP, refused(.natPMP, 5), .upnp, true),
            // PCP and NAT-PMP share the port, and a silent one was asked both.
            (.pcp, closed, .natPMP, false),
            (.pcp, closed, .upnp, true),
            (.upnp, closed, .pcp, true),
            (.pcp, silence, .natPMP, false),
            (.pcp, silence, .upnp, true),
            (.natPMP, silence, .pcp, true),
            // A daemon that was switched off says "not authorised" by both.
            (.pcp, refused(.pcp, 2), .natPMP, false),
            (.pcp, refused(.pcp, 2), .upnp, true),
            (.pcp, refused(.pcp, 8), .upnp, false),
            (.pcp, nonsense, .upnp, false),
        ])
    func goesOn(
        from technique: Technique, after error: PortMapperError, to next: Technique, goesOn: Bool
    ) {
        #expect(TechniqueChoice.goesOn(from: technique, after: error, to: next) == goesOn)
    }

    @Test("a refusal tells more than an absent technique, and that more than silence")
    func tellsMore() {
        let ranking = [Self.silence, Self.absence, Self.nonsense, Self.refused(.pcp, 2)]
        for (index, lesser) in ranking.enumerated() {
            for greater in ranking.dropFirst(index + 1) {
                #expect(TechniqueChoice.moreTelling(lesser, greater) == greater)
                #expect(TechniqueChoice.moreTelling(greater, lesser) == greater)
            }
        }
    }

    @Test("of two refusals the first is what the user hears")
    func keepsTheFirst() {
        let (first, second) = (Self.refused(.pcp, 2), Self.refused(.natPMP, 4))
        #expect(TechniqueChoice.moreTelling(first, second) == first)
        #expect(TechniqueChoice.moreTelling(nil, second) == second)
    }
}
