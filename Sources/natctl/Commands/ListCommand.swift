import ArgumentParser
import NATTraversal

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show natctl's mappings.",
        discussion: "The leases alone are shown: PCP and NAT-PMP cannot read the gateway's table.")

    @Flag(name: .long, help: "Show natctl's leases alone and ask nobody.")
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
