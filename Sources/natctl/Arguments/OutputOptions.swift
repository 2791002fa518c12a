import ArgumentParser
import NATTraversal

/// How a command shows its results; shared by all.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print one JSON document on standard output.")
    var json = false

    @Flag(name: .shortAndLong, help: "Print the bare answer only; cannot be combined with --json.")
    var quiet = false

    @Flag(
        name: .shortAndLong,
        help: "Log requests and decisions to standard error; -vv adds packets.")
    var verbose: Int

    // Without a default value, like `--via`.
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Colour the text; auto, the default, does on a terminal, unless NO_COLOR is set.",
            valueName: "when"))
    var color: ColorChoice?

    func validate() throws {
        if json, quiet { throw ValidationError.cannotCombine("--quiet", with: "--json") }
    }

    /// The form that the flags ask for.
    var format: OutputFormat { json ? .json : quiet ? .quiet : .text }

    /// Shows what `body` finds out, or why it could not; `nil` shows nothing.
    ///
    /// The rest is `value`'s.
    func run(
        _ kind: DocumentKind, on stream: StandardStream = .output,
        _ body: () async throws -> (any CommandOutput)?
    ) async throws {
        let output = try await value(kind, on: stream, body)
        if let output { try show(output, on: stream) }
    }

    /// What `body` finds out; shows why it could not.
    ///
    /// - Parameters:
    ///   - kind: the command.
    ///   - stream: where it is shown.
    ///   - body: does the work.
    /// - Returns: what `body` does.
    /// - Throws: `ExitCode` for what failed, and what is no error of the mapper's.
    func value<Value>(
        _ kind: DocumentKind, on stream: StandardStream = .output,
        _ body: () async throws -> Value
    ) async throws -> Value {
        StandardErrorLog.setUp(verbosity: verbose)
        ColorChoice.setUp(color ?? .auto, format: format)
        let failure: PortMapperError
        do {
            // A log says the same at length.
            return try await WaitingLine.during(isWanted: format == .text && verbose == 0, body)
        } catch let error as PortMapperError {
            failure = error
        } catch let error as SystemError {
            failure = .system(error)
        } catch let error as ValidationError {
            StandardErrorLog.shared.flush()
            if format == .json {
                try show(Misuse(kind: kind, message: error.message), on: stream)
            }
            say(error.message)
            throw ExitCode(EndCode.usage.rawValue)
        }
        try show(CommandFailure(kind: kind, error: failure), on: stream)
        throw ExitCode(failure.endCode.rawValue)
    }

    /// Shows what was found out, and throws `ExitCode` where that is a failure.
    func show(_ output: any CommandOutput, on stream: StandardStream) throws {
        StandardErrorLog.shared.flush()
        let page = format == .text ? stream.page : Page()
        for statement in format.statementsBefore(output, on: page) { say(statement) }
        if let text = format.render(output, on: page) {
            do throws(SystemError) { try stream.writeLine(text) } catch {
                say(unwritable(stream.name, error))
                throw ExitCode(EndCode.io.rawValue)
            }
        }
        for statement in format.statementsAfter(output) { say(statement) }
        if let first = output.failures.first { throw ExitCode(first.endCode.rawValue) }
    }
}

/// A command that found out nothing but why not.
struct CommandFailure: CommandOutput {
    var kind: DocumentKind
    var error: PortMapperError

    func lines(on page: Page) -> [StyledLine] { [] }
    var quietLines: [String] { [] }
    var document: [String: JSONValue] { kind.emptyMembers }
    var failures: [PortMapperError] { [error] }

    /// An action of upnp-call need not be about mappings, as the hints on refusals are.
    func message(about failure: PortMapperError) -> String {
        guard kind == .upnpCall, case .refused = failure else { return failure.userMessage }
        return failure.sentence
    }
}

/// Arguments that the parser has taken and that turned out wrong.
private struct Misuse: CommandOutput {
    var kind: DocumentKind
    var message: String

    func lines(on page: Page) -> [StyledLine] { [] }
    var quietLines: [String] { [] }
    var document: [String: JSONValue] {
        var document = kind.emptyMembers
        document["error"] = [
            "code": .string(EndCode.usage.name), "message": .string(message),
            "technique": .null, "gateway": .null, "gatewayCode": .null, "gatewayCodeName": .null,
        ]
        return document
    }
}
