import ArgumentParser
import NATTraversal

/// What a command found out, in every form it can be shown.
protocol CommandOutput {
    /// For people, a line each.
    var lines: [String] { get }
    /// The bare answer of `--quiet`.
    var quietLines: [String] { get }
    /// The command that prints it.
    var kind: DocumentKind { get }
    /// The members of the JSON document; `version`, `kind` and, on failure, `error` are added.
    var document: [String: JSONValue] { get }
    /// Said on standard error.
    var warnings: [MapperWarning] { get }
    /// What failed, first one first; it decides the exit code.
    var failures: [PortMapperError] { get }
    /// Said on standard error to people, but not with `--quiet`.
    var remarks: [String] { get }
}

extension CommandOutput {
    var warnings: [MapperWarning] { [] }
    var failures: [PortMapperError] { [] }
    var remarks: [String] { [] }
}

/// How results are written.
enum OutputFormat {
    case text
    case quiet
    case json

    /// The text for standard output; `nil` when there is nothing to say.
    func render(_ output: some CommandOutput) -> String? {
        let lines: [String]
        switch self {
        case .text:
            lines = output.lines.map(harmless)
        case .quiet:
            lines = output.quietLines.map(harmless)
        case .json:
            var document = output.document
            document["version"] = 1
            document["kind"] = .string(output.kind.rawValue)
            if let failure = output.failures.first { document["error"] = failure.document }
            lines = [JSONValue.object(document).text]
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }
}

extension PortMapperError {
    /// The `error` member of a document.
    var document: JSONValue {
        let details = details
        return [
            "code": .string(endCode.name), "message": .string(userMessage),
            "technique": JSONValue(details.technique?.rawValue),
            "gateway": JSONValue(details.gateway?.description),
            "gatewayCode": JSONValue(details.code),
            "gatewayCodeName": JSONValue(details.codeName),
        ]
    }

    private var details:
        (gateway: GatewayAddress?, technique: Technique?, code: Int?, codeName: String?)
    {
        switch self {
        case .behindBridge(let error):
            error.details
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .noSuchInterface, .noSuchService,
            .inexpressible, .system, .leaseFile:
            (nil, nil, nil, nil)
        case .closed(let gateway, let technique, _), .noAnswer(let gateway, let technique, _):
            (gateway, technique, nil, nil)
        case .unsupported(let gateway, let technique), .badAnswer(let gateway, let technique, _),
            .portTaken(let gateway, let technique, _, _),
            .noExternalAddress(let gateway, let technique),
            .notPublic(_, let gateway, let technique):
            (gateway, technique, nil, nil)
        case .unmappedElsewhere(let gateway):
            (gateway, nil, nil, nil)
        case .foreign(let gateway, _, _):
            (gateway, .upnp, nil, nil)
        case .refused(let refusal):
            (refusal.gateway, refusal.technique, refusal.code, refusal.name)
        }
    }
}
