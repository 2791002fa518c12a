import Testing

@testable import NATTraversal

@Suite("Technique choice") struct TechniqueChoiceTests {
    @Test(
        "PCP, then NAT-PMP, with the lease's technique before them",
        arguments: [
            (nil, nil, false, [Technique.pcp, .natPMP]),
            (nil, Technique.natPMP, false, [.natPMP, .pcp]),
            (nil, .pcp, false, [.pcp, .natPMP]),
            (Technique.natPMP, nil, false, [.natPMP]),
            (.pcp, .natPMP, false, [.pcp]),
            (nil, nil, true, [.pcp]),
            (nil, .natPMP, true, [.pcp]),
            (.natPMP, nil, true, []),
        ] as [(Technique?, Technique?, Bool, [Technique])])
    func orders(only: Technique?, lease: Technique?, needsPCP: Bool, order: [Technique]) {
        #expect(TechniqueChoice.order(only: only, lease: lease, needsPCP: needsPCP) == order)
    }

    static func refused(_ technique: Technique, _ code: Int) -> PortMapperError {
        .refused(
            GatewayRefusal(gateway: "192.168.77.1", technique: technique, code: code, name: nil))
    }

    static let gateway = "192.168.77.1"
    static let silence = PortMapperError.noAnswer(gateway: gateway, after: .seconds(3))
    static let absence = PortMapperError.unsupported(gateway: gateway, technique: .pcp)
    static let nonsense = PortMapperError.badAnswer(gateway: gateway, technique: .pcp, problem: "")

    @Test("the next technique is asked where this one is not there, and only then")
    func goesOn() {
        #expect(TechniqueChoice.goesOn(after: Self.absence))
        #expect(TechniqueChoice.goesOn(after: Self.refused(.pcp, 4)))
        #expect(TechniqueChoice.goesOn(after: Self.refused(.natPMP, 5)))
        for error in [Self.silence, Self.nonsense, Self.refused(.pcp, 2), Self.refused(.pcp, 8)] {
            #expect(!TechniqueChoice.goesOn(after: error), "\(error)")
        }
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
