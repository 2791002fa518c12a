import NATTraversal

/// What `upnp-call` prints: the results of an action.
struct UPnPCallOutput: CommandOutput {
    var service: String
    var action: String
    var results: [UPnPArgument]
    var warnings: [MapperWarning]

    var lines: [String] { results.map { "\(plain($0.name))=\(shown($0.value))" } }
    var quietLines: [String] { results.map { shown($0.value) } }
    var document: [String: JSONValue] {
        let arguments = results.map { ($0.name, JSONValue.string($0.value)) }
        return [
            "service": .string(service), "action": .string(action),
            "arguments": .object(Dictionary(arguments) { first, _ in first }),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    /// A value as it is when it is short and plain ASCII, else in quotes (T-6).
    private func shown(_ value: String) -> String {
        value.utf8.count <= 64 && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            ? value : displayed(value)
    }
}

extension UPnPUsageError {
    /// What is wrong with the call, in one line.
    var userMessage: String {
        switch self {
        case .noSuchAction(let action, let actions):
            "the service has no action \(plain(action)), but \(list(actions))"
        case .missingArgument(let name):
            "the action wants \(plain(name))"
        case .unknownArgument(let name, let arguments):
            "the action does not know \(plain(name)), but \(list(arguments))"
        case .repeatedArgument(let name):
            "\(plain(name)) is given twice"
        case .value(let argument, let allowed):
            "\(plain(argument.name)) cannot be \(displayed(argument.value)), but \(list(allowed))"
        case .number(let argument, let range):
            "\(plain(argument.name)) is a number from \(range.lowerBound) to \(range.upperBound), "
                + "not \(displayed(argument.value))"
        case .inexpressible(let name):
            "\(displayed(name)) holds characters that cannot be sent"
        }
    }

    private func list(_ names: [String]) -> String {
        names.isEmpty ? "none" : names.prefix(30).map(plain).joined(separator: ", ")
    }
}
