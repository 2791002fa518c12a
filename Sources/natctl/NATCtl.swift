import ArgumentParser

@main struct NATCtl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "natctl", version: "0.1.0", subcommands: [ListInterfacesCommand.self])
}
