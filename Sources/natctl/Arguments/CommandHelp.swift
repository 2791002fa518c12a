import ArgumentParser
import FoundationEssentials

/// A command as ArgumentParser describes it for `--experimental-dump-help`.
///
/// It takes milliseconds to make, so only mistakes and the tests ask for it.
struct CommandHelp: Decodable, Sendable {
    struct Argument: Decodable, Sendable {
        struct Name: Decodable, Sendable {
            var kind: String
            var name: String

            /// As it is typed: `-e`, `--external-port`.
            var text: String { (kind == "long" ? "--" : "-") + name }
        }

        enum Kind: String, Decodable, Sendable {
            case positional, option, flag
        }

        var kind: Kind
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        /// The values that it takes, where these are few.
        var allValues: [String]?
        var isOptional: Bool
        var isRepeating: Bool
        var abstract: String?
    }

    private struct Dump: Decodable { var command: CommandHelp }

    var commandName: String
    var arguments: [Argument]?
    var subcommands: [CommandHelp]?

    /// The tree of all commands.
    static func ofNATCtl() throws -> CommandHelp {
        try JSONDecoder().decode(Dump.self, from: Data(NATCtl._dumpHelp().utf8)).command
    }

    /// The options and flags as they are typed.
    var options: [String] {
        (arguments ?? []).flatMap { $0.names ?? [] }.map(\.text)
    }

    /// The arguments that are no options.
    var positionals: [Argument] { (arguments ?? []).filter { $0.kind == .positional } }

    /// The option or flag of a name.
    func option(_ name: String) -> Argument? {
        (arguments ?? []).first { argument in
            (argument.names ?? []).contains { $0.text == name }
        }
    }
}
