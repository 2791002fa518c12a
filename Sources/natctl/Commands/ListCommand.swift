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
            guard leases else {
                let mapper = PortMapper(try gateway.ipv4Selection())
                return MappingOutput(kind: .list, report: try await mapper.list())
            }
            return MappingOutput(kind: .list, report: try PortMapper().leaseReport())
        }
    }
}
