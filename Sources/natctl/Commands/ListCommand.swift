import ArgumentParser
import NATTraversal

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show natctl's mappings",
        discussion: """
            A lease is a mapping that natctl made and remembers. What others have mapped is not \
            shown: PCP and NAT-PMP cannot read the gateway's table.
            """)

    @Flag(name: .long, help: "Ask nobody, and leave out the warning that only leases are shown.")
    var leases = false

    @OptionGroup(title: "Output options") var output: OutputOptions

    func run() async throws {
        try await output.run(emptyDocument: MappingOutput.emptyDocument) {
            var report = MappingReport()
            report.mappings = try await PortMapper().leases()
            if !leases { report.warnings = [.leasesOnly] }
            return MappingOutput(report: report)
        }
    }
}
