import TestSupport
import Testing

@testable import NATTraversal

@Suite("The external address that is watched") struct WatchedAddressTests {
    enum Answer: Sendable {
        case address(UInt8)
        case error(PortMapperError)
    }

    /// Answers of a gateway, and what is told of each.
    struct Rule: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var answers: [Answer]
        var told: [Told?]

        init(_ description: String, _ answers: [Answer], _ told: [Told?]) {
            testDescription = description
            self.answers = answers
            self.told = told
        }
    }

    private static let (first, second) = (GrantShape.external(1), GrantShape.external(2))

    /// Each technique's way of saying that there is no external address.
    private static let lacks: [(String, PortMapperError)] = [
        ("UPnP's empty one", .noExternalAddress(gateway: .router, technique: .upnp)),
        ("NAT-PMP's result 3", .refusal(3, by: .natPMP)), ("PCP's result 7", .refusal(7)),
    ]

    static let rules =
        lacks.map { name, error in
            Rule(
                "\(name) is told once, and the address when it comes back",
                [.address(1), .error(error), .error(error), .address(1), .address(1)],
                [
                    .address(first, was: nil), .address(nil, was: first), nil,
                    .address(first, was: nil), nil,
                ])
        } + [
            Rule(
                "another address is told with the one before",
                [.address(1), .address(2)],
                [.address(first, was: nil), .address(second, was: first)]),
            Rule(
                "silence changes nothing", [.address(1), .error(.silence), .address(1)],
                [.address(first, was: nil), nil, nil]),
            Rule(
                "no path, a closed port or another refusal changes nothing",
                [
                    .address(1), .error(.noGateway), .error(.refusal(2, by: .natPMP)),
                    .error(.refusal(8)), .error(.unsupported(gateway: .router, technique: .pcp)),
                    .address(2),
                ],
                [
                    .address(first, was: nil), nil, nil, nil, nil,
                    .address(second, was: first),
                ]),
            Rule(
                "at first no answer is told as no address, once",
                [
                    .error(.silence), .error(.silence), .error(.refusal(3, by: .natPMP)),
                    .address(1),
                ],
                [.address(nil, was: nil), nil, nil, .address(first, was: nil)]),
        ]

    @Test("is told when it changes, goes and comes back", arguments: rules)
    func tells(rule: Rule) {
        var address = WatchedAddress()
        let told = rule.answers.map { answer -> Told? in
            switch answer {
            case .address(let number):
                Told(
                    address.take(
                        .success(
                            ExternalAddress(
                                address: GrantShape.external(number), technique: .natPMP,
                                gateway: .router, warnings: []))))
            case .error(let error): Told(address.take(.failure(error)))
            }
        }
        #expect(told == rule.told)
    }
}
