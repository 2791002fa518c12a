import ArgumentParser
import NATTraversal

/// `natctl list-interfaces`: every address of every interface, and which is best.
struct ListInterfacesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list-interfaces", _superCommandName: NATCtl.name,
        abstract: "Show this host's addresses and the best of them",
        discussion: """
            The best address of each family is the one used towards the best gateway; without a \
            gateway it is the first public address, else the first private one, else any. \
            --quiet prints the best addresses alone, --verbose why they are best.
            """)

    @Flag(name: .long, help: "Include loopback and interfaces that are down.")
    var all = false

    @OptionGroup(title: "Output options") var output: OutputOptions

    func run() async throws {
        try await output.run(.listInterfaces) {
            InterfaceListOutput(try NetworkInterface.all(), all: all)
        }
    }
}
