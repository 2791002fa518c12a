import NATTraversal

/// What `external-ip` prints.
struct ExternalAddressOutput: CommandOutput {
    let kind = DocumentKind.externalIP
    let answer: ExternalAddress

    init(_ answer: ExternalAddress) { self.answer = answer }

    func lines(on page: Page) -> [StyledLine] { ["\(answer.address)"] }
    var quietLines: [String] { [answer.address.description] }
    var remarks: [String] { answer.technique == nil ? [ExternalAddress.isNotOpened] : [] }
    var warnings: [MapperWarning] { answer.warnings }
    var document: [String: JSONValue] {
        answer.members.merging(["warnings": .array(warnings.map(\.document))]) { first, _ in first }
    }
}

/// What `external-ip --all` prints.
struct AllExternalAddressesOutput: CommandOutput {
    let kind = DocumentKind.externalIP
    let answers: [ExternalAddress]

    init(_ answers: [ExternalAddress]) { self.answers = answers }

    func lines(on page: Page) -> [StyledLine] {
        aligned(
            answers.map {
                [
                    "\($0.address)",
                    StyledLine(
                        "\($0.technique?.rawValue ?? "no technique"), \($0.gateway)", .secondary),
                ]
            })
    }
    var quietLines: [String] { answers.map(\.address.description) }
    var remarks: [String] {
        answers.contains { $0.technique == nil } ? [ExternalAddress.isNotOpened] : []
    }
    var document: [String: JSONValue] {
        [
            "answers": .array(answers.map { .object($0.members) }),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    var warnings: [MapperWarning] {
        answers.flatMap(\.warnings).withDisagreement(of: answers.map(\.address))
    }
}

extension [MapperWarning] {
    /// The warnings about external addresses, each once, and one where the addresses differ.
    func withDisagreement(of addresses: [IPAddress]) -> [MapperWarning] {
        var warnings: [MapperWarning] = []
        for warning in self where !warnings.contains(warning) { warnings.append(warning) }
        if Set(addresses).count > 1 { warnings.append(.disagreement(addresses)) }
        return warnings
    }
}

extension ExternalAddress {
    /// What is said of an IPv6 address without a technique.
    fileprivate static let isNotOpened =
        "no gateway offers to open this address, by PCP or by UPnP; map --ipv6 would fail"

    fileprivate var members: [String: JSONValue] {
        [
            "address": .string(address.description), "scope": .string(address.scope.rawValue),
            "technique": JSONValue(technique?.rawValue), "gateway": .string(gateway.description),
        ]
    }
}
