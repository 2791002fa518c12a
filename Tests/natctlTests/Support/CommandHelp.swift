import TestSupport

@testable import natctl

extension CommandHelp {
    /// The values that are taken for options that are left out.
    var defaults: [String] { arguments.compactMap(\.defaultValue) }

    /// The commands, without the one that prints help.
    var commands: [CommandHelp] { subcommands.filter { $0.commandName != "help" } }
}
