import NATTraversal

/// What `upnp-call` prints: the results of an action.
struct UPnPCallOutput: CommandOutput {
    let kind = DocumentKind.upnpCall
    var service: String
    var action: String
    var results: [UPnPArgument]
    var warnings: [MapperWarning]

    func lines(on page: Page) -> [StyledLine] {
        results.map { result in
            StyledLine("\(plain(result.name))=", .secondary, hang: 4)
                + StyledLine(shown(result.value, limit: page.characterLimit))
        }
    }
    var quietLines: [String] { results.map { shown($0.value, limit: nil) } }
    var document: [String: JSONValue] {
        let values = results.map { ($0.name, JSONValue.string($0.value)) }
        return [
            "service": .string(service), "action": .string(action),
            "results": .object(Dictionary(values) { first, _ in first }),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    /// A value as it is when it is plain ASCII and is not cut, else in quotes (T-6).
    private func shown(_ value: String, limit: Int?) -> String {
        value.utf8.count <= limit ?? .max && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            ? value : displayed(value, limit: limit)
    }
}
