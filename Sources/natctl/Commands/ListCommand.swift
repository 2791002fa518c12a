import ArgumentParser
import NATTraversal

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", _superCommandName: NATCtl.name,
        abstract: "Show the gateway's mappings",
        discussion: """
            A lease is a mapping that natctl made and remembers. Other programs' mappings are shown \
            where the gateway speaks UPnP: PCP and NAT-PMP cannot read its table.
            """)

    @Flag(name: .long, help: "Show natctl's leases only; works offline.")
    var leases = false

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if leases, let option = gateway.firstGiven {
            throw ValidationError.cannotCombine(
                option, with: "--leases", because: "which asks no gateway")
        }
    }

    func run() async throws {
        try await output.run(.list) {
            let mapper = leases ? PortMapper() : PortMapper(try gateway.selection())
            let report = leases ? try mapper.leaseReport() : try await mapper.list()
            // Only the table for people shows which gateways are absent.
            let absent =
                output.format == .text ? mapper.absentGateways(of: report.mappings) : []
            return MappingListOutput(report: report, absentGateways: absent)
        }
    }
}
