import ArgumentParser
import NATTraversalSupport

/// A command as ArgumentParser describes it for `--experimental-dump-help`.
///
/// It takes milliseconds to make, so only mistakes and the tests ask for it.
struct CommandHelp: Sendable {
    struct Argument: Sendable {
        struct Name: Sendable {
            var isLong: Bool
            var name: String

            /// As it is typed: `-e`, `--external-port`.
            var text: String { (isLong ? "--" : "-") + name }
        }

        enum Kind: String, Sendable {
            case positional, option, flag
        }

        var kind: Kind?
        var names: [Name]
        var valueName: String?
        var defaultValue: String?
        /// The values that it takes, where these are few.
        var allValues: [String]?
        var isOptional: Bool
        var isRepeating: Bool
        var abstract: String?
    }

    var commandName: String
    var arguments: [Argument]
    var subcommands: [CommandHelp]

    /// The tree of all commands.
    static func ofNATCtl() throws -> CommandHelp {
        let dump = try JSONValue(parsing: Array(NATCtl._dumpHelp().utf8))
        return CommandHelp(dump.object?["command"] ?? .null)
    }

    /// The options and flags as they are typed.
    var options: [String] { arguments.flatMap(\.names).map(\.text) }

    /// The arguments that are no options.
    var positionals: [Argument] { arguments.filter { $0.kind == .positional } }

    /// The option or flag of a name.
    func option(_ name: String) -> Argument? {
        arguments.first { argument in argument.names.contains { $0.text == name } }
    }
}

extension CommandHelp {
    private init(_ value: JSONValue) {
        let members = value.object ?? [:]
        commandName = members["commandName"]?.string ?? ""
        arguments = (members["arguments"]?.array ?? []).map(Argument.init)
        subcommands = (members["subcommands"]?.array ?? []).map(CommandHelp.init)
    }
}

extension CommandHelp.Argument {
    fileprivate init(_ value: JSONValue) {
        let members = value.object ?? [:]
        kind = members["kind"]?.string.flatMap(Kind.init)
        names = (members["names"]?.array ?? []).compactMap(\.object).map { name in
            Name(isLong: name["kind"]?.string == "long", name: name["name"]?.string ?? "")
        }
        valueName = members["valueName"]?.string
        defaultValue = members["defaultValue"]?.string
        allValues = members["allValues"]?.array?.compactMap(\.string)
        isOptional = members["isOptional"] == true
        isRepeating = members["isRepeating"] == true
        abstract = members["abstract"]?.string
    }
}
