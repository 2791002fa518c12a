import ArgumentParser
import NATTraversal

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", _superCommandName: NATCtl.name,
        abstract: "Show the path to the Internet and what is on it",
        discussion: """
            Nothing is mapped, so PCP shows no address. Exits 0 whatever the diagnosis, 69 when there \
            is no gateway. With --quiet it prints the best gateway's address and asks nobody.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Write what was asked and answered to this file, external addresses masked.",
            valueName: "file"),
        completion: .file())
    var report: String?

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        guard output.quiet else { return }
        let given = [
            ("--report", report != nil), ("--via", gateway.via != .auto),
            ("--timeout", gateway.timeout != nil),
        ]
        if let option = given.first(where: \.1)?.0 {
            throw ValidationError.cannotCombine(
                option, with: "--quiet", because: "which asks no gateway")
        }
    }

    func run() async throws {
        if output.quiet {
            return try await output.run(.gateway) {
                let mapper = PortMapper(try gateway.selection())
                return BestGatewayOutput(address: try mapper.bestGateway())
            }
        }
        let found = try await output.value(.gateway) {
            let mapper = PortMapper(try gateway.selection())
            return GatewayOutput(
                reports: try await mapper.gateways(),
                isPicture: StandardStream.output.isTerminal)
        }
        try output.show(found, on: .output)
        guard let report else { return }
        do throws(SystemError) {
            try ReportFile(report).write(found.masked.document, kind: found.kind)
        } catch {
            say(unwritable(displayed(report, limit: nil), error))
            throw ExitCode(EndCode.io.rawValue)
        }
    }
}

/// What `gateway --quiet` prints.
private struct BestGatewayOutput: CommandOutput {
    let kind = DocumentKind.gateway
    let address: String

    var lines: [String] { [address] }
    var quietLines: [String] { [address] }
    var document: [String: JSONValue] { [:] }
}
