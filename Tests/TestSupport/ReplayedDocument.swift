import NATTraversalSupport

/// The best gateway in a document of `gateway --json`, or in the file of `--report`, and the codes of
/// the warnings, without what differs in a replay: the times, the way to the gateway, and what is
/// beside or behind it.
package struct ReplayedDocument: Hashable, CustomStringConvertible {
    private var best: JSONValue
    private var warnings: [String]

    /// - Parameters:
    ///   - text: the document.
    ///   - gateway: the gateway's address in it, which may differ in the other.
    /// - Throws: `DecodingError` where it is no document.
    package init(_ text: String, gateway: String) throws {
        let members = try JSONValue(parsing: Array(text.utf8)).object ?? [:]
        best = (members["gateways"]?.array?.first ?? .null).comparable(without: gateway)
        warnings = (members["warnings"]?.array ?? []).compactMap { $0.object?["code"]?.string }
            .filter { !Self.warningsOfPath.contains($0) }
    }

    package var description: String {
        "\(best.text) \(warnings)"
    }

    /// Warnings that the place of this host may bring.
    private static let warningsOfPath: Set = ["containerNetwork"]
}

extension JSONValue {
    private static let path: Set = [
        "address", "interface", "localAddress", "outerRouter", "rank", "reason",
        "roundTripMilliseconds",
    ]

    fileprivate func comparable(without gateway: String) -> JSONValue {
        switch self {
        case .string(let text):
            .string(
                text.replacing(gateway, with: "GATEWAY")
                    // Whether something took 2.99 s or 3 s is the machine's business.
                    .replacing(/(within|after) [0-9.]+ m?s/) { "\($0.output.1) TIME" })
        case .array(let elements): .array(elements.map { $0.comparable(without: gateway) })
        case .object(let members):
            .object(
                // A key that an older report lacks is null in a newer document.
                members.filter { !Self.path.contains($0.key) && $0.value != .null }
                    .mapValues { $0.comparable(without: gateway) })
        default: self
        }
    }
}
