import ArgumentParser
import NATTraversal

struct GatewayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway", _superCommandName: NATCtl.name,
        abstract: "Show the path to the Internet and what is on it",
        discussion: """
            Nothing is mapped, so PCP shows an address only where a refusal reveals one. Exits 0 \
            whatever the diagnosis, 69 when there is no gateway. --quiet prints the best \
            gateway's address without asking it.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Write all requests and answers to this file, masked, for gateway-simulator to "
                + "replay.",
            valueName: "file"),
        completion: .file())
    var report: String?

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if report == "-" { throw ValidationError.reportOnOutput }
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
        let recorder = report == nil ? nil : TrafficRecorder()
        var (selection, found) = try await output.value(.gateway) {
            let selection = try gateway.selection()
            let mapper = PortMapper(selection)
            let reports = try await TrafficRecorder.$current.withValue(recorder) {
                try await mapper.gateways()
            }
            return (selection, GatewayOutput(reports: reports))
        }
        if let report, let recorder {
            let recording = GatewayRecording(
                selection: selection, found: found, conversations: recorder.conversations)
            do throws(SystemError) {
                try ReportFile(report).write(recording.document, kind: .gatewayReport)
            } catch {
                found.unwritten = (report, error)
            }
        }
        try output.show(found, on: .output)
    }
}

/// What `gateway --quiet` prints.
private struct BestGatewayOutput: CommandOutput {
    let kind = DocumentKind.gateway
    let address: String

    func lines(on page: Page) -> [StyledLine] { [] }
    var quietLines: [String] { [address] }
    var document: [String: JSONValue] { [:] }
}
