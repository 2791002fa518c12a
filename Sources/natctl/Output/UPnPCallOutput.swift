import NATTraversal

/// What `upnp-call` prints: the results of an action.
struct UPnPCallOutput: CommandOutput {
    let kind = DocumentKind.upnpCall
    var service: String
    var action: String
    var results: [UPnPArgument]
    var warnings: [MapperWarning]
    /// After how many characters a value is cut in `lines`.
    var limit: Int? = StandardStream.output.characterLimit

    var lines: [String] { results.map { "\(plain($0.name))=\(shown($0.value))" } }
    var quietLines: [String] { results.map { shown($0.value) } }
    var document: [String: JSONValue] {
        let values = results.map { ($0.name, JSONValue.string($0.value)) }
        return [
            "service": .string(service), "action": .string(action),
            "results": .object(Dictionary(values) { first, _ in first }),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    /// A value as it is when it is plain ASCII and is not cut, else in quotes (T-6).
    private func shown(_ value: String) -> String {
        value.utf8.count <= limit ?? .max && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            ? value : displayed(value, limit: limit)
    }
}
