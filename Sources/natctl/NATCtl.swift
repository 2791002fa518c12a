import ArgumentParser

@main struct NATCtl: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "natctl", version: "0.1.0")
}
