import Foundation
import TestSupport

/// A command as natctl itself describes it with `--experimental-dump-help`.
struct CommandHelp: Decodable, Sendable {
    struct Argument: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            var kind: String
            var name: String

            /// As it is typed: `-e`, `--external-port`.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        var kind: String
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
    }

    private struct Dump: Decodable { var command: CommandHelp }

    var commandName: String
    var arguments: [Argument]?
    var subcommands: [CommandHelp]?

    /// The options and flags as they are typed.
    var options: Set<String> {
        Set((arguments ?? []).flatMap { $0.names ?? [] }.map(\.text))
    }

    /// The values that are taken for options that are left out.
    var defaults: [String] { (arguments ?? []).compactMap(\.defaultValue) }

    /// The commands, without the one that prints help.
    var commands: [CommandHelp] { (subcommands ?? []).filter { $0.commandName != "help" } }

    /// Asked once for all tests.
    private static let asked = Task {
        let dump = try await BuiltTool.run(ProjectFiles.natctl, ["--experimental-dump-help"])
        return try JSONDecoder().decode(Dump.self, from: Data(dump.output.utf8)).command
    }

    /// The tree of the built tool.
    static func ofBuiltTool() async throws -> CommandHelp {
        try await asked.value
    }
}
