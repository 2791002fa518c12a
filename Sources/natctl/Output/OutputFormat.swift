import ArgumentParser
import NATTraversal

/// What a command found out, in every form it can be shown.
protocol CommandOutput {
    /// For people, a line each, as they fit a page.
    func lines(on page: Page) -> [StyledLine]
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
    /// What is said of one failure.
    func message(about failure: PortMapperError) -> String
    /// What is said of the failures on standard error.
    var failureMessages: [String] { get }
    /// Said on standard error to people, but not with `--quiet`.
    var remarks: [String] { get }
    /// Whether the lines say the same as a warning, which is then not said as well.
    func tells(_ warning: MapperWarning, on page: Page) -> Bool
}

extension CommandOutput {
    var warnings: [MapperWarning] { [] }
    var failures: [PortMapperError] { [] }
    func message(about failure: PortMapperError) -> String { failure.userMessage }
    var failureMessages: [String] { failures.map(message) }
    var remarks: [String] { [] }
    func tells(_ warning: MapperWarning, on page: Page) -> Bool { false }
}

/// How results are written.
enum OutputFormat {
    case text
    case quiet
    case json

    /// The text for standard output; `nil` when there is nothing to say.
    func render(_ output: some CommandOutput, on page: Page = Page()) -> String? {
        let lines: [String]
        switch self {
        case .text:
            let text = output.lines(on: page)
            return text.isEmpty ? nil : page.text(text)
        case .quiet:
            lines = output.quietLines.map(harmless)
        case .json:
            var document = output.document
            document["version"] = 1
            document["kind"] = .string(output.kind.rawValue)
            if let failure = output.failures.first {
                document["error"] = failure.document(saying: output.message(about: failure))
            }
            lines = [JSONValue.object(document).text]
        }
        return lines.isEmpty ? nil : lines.joined(separator: "\n")
    }

    /// What is said on standard error before the text of an output.
    func statementsBefore(_ output: some CommandOutput, on page: Page) -> [Statement] {
        output.warnings
            .filter { !(self == .text && output.tells($0, on: page)) }
            .map { .warning($0.message) }
    }

    /// What is said on standard error after it.
    func statementsAfter(_ output: some CommandOutput) -> [Statement] {
        (self == .text ? output.remarks.map { .remark($0) } : [])
            + output.failureMessages.map { .failure($0) }
    }
}

extension PortMapperError {
    /// The `error` member of a document.
    var document: JSONValue { document(saying: userMessage) }

    /// The same with another message.
    fileprivate func document(saying message: String) -> JSONValue {
        let details = details
        return [
            "code": .string(endCode.name), "message": .string(message),
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
        case .behindBridge(let error), .unverifiable(let error):
            error.details
        case .noGateway, .onlyGatewaysOf, .noRouteBy, .noSuchInterface, .noGlobalAddress,
            .unreachable, .noSuchService,
            .inexpressible, .system, .leaseFile:
            (nil, nil, nil, nil)
        case .closed(let gateway, let technique, _), .noAnswer(let gateway, let technique, _):
            (gateway, technique, nil, nil)
        case .unsupported(let gateway, let technique), .badAnswer(let gateway, let technique, _),
            .portTaken(let gateway, let technique, _, _),
            .noExternalAddress(let gateway, let technique):
            (gateway, technique, nil, nil)
        case .notPublic(_, let gateway, let technique):
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
