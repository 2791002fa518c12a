import NATTraversal

/// What `external-ip` prints.
struct ExternalAddressOutput: CommandOutput {
    let kind = DocumentKind.externalIP
    let answer: ExternalAddress

    init(_ answer: ExternalAddress) { self.answer = answer }

    var lines: [String] { [answer.address.description] }
    var quietLines: [String] { lines }
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

    var lines: [String] {
        answers.map { "\($0.address)  \($0.technique.rawValue), \($0.gateway)" }
    }
    var quietLines: [String] { answers.map(\.address.description) }
    var document: [String: JSONValue] {
        [
            "answers": .array(answers.map { .object($0.members) }),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    var warnings: [MapperWarning] {
        var warnings: [MapperWarning] = []
        for warning in answers.flatMap(\.warnings) where !warnings.contains(warning) {
            warnings.append(warning)
        }
        let addresses = Set(answers.map(\.address))
        if addresses.count > 1 { warnings.append(.disagreement(answers.map(\.address))) }
        return warnings
    }
}

extension ExternalAddress {
    fileprivate var members: [String: JSONValue] {
        [
            "address": .string(address.description), "scope": .string(address.scope.rawValue),
            "technique": .string(technique.rawValue), "gateway": .string(gateway.description),
        ]
    }
}
