import ArgumentParser
import NATTraversal

/// `natctl upnp-scan`: every UPnP device and service on the link.
struct UPnPScanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upnp-scan", _superCommandName: NATCtl.name,
        abstract: "List the UPnP devices and services on the link",
        discussion: """
            Each device is shown as it answers: its name and model in quotes, the URL of its \
            description, and its services. --quiet prints the URLs alone.
            """)

    @Flag(name: .long, help: "Read each service's description and list its actions.")
    var actions = false

    @Option(
        name: .long,
        help: ArgumentHelp("Search for this type of device or service only.", valueName: "st"))
    var target: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long to wait for answers. (default: 3s)", valueName: "duration"),
        completion: .timeouts)
    var scanTime: DurationArgument?

    @OptionGroup(title: "UPnP options") var upnp: UPnPOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        _ = try searchTarget()
        if upnp.location != nil, let option = searchOption {
            throw ValidationError.searchesNothing(option)
        }
    }

    /// The option that says how to search, where there is one.
    private var searchOption: String? {
        target != nil ? "--target" : scanTime != nil ? "--scan-time" : nil
    }

    func run() async throws { try await besideMainThread(scan) }

    private func scan() async throws {
        let target = try searchTarget()
        try await output.run(.upnpScan) {
            let listing = UPnPScanListing(format: output.format)
            if searchOption == nil, let url = try upnp.url() {
                let device = try await upnp.device(at: url, timeout: .upnpRequest)
                if actions { try await device.readActions() }
                await listing.add(device)
                return try await listing.output(ignored: 0, searchTime: nil)
            }
            let duration = scanTime?.duration ?? .seconds(3)
            let summary = try await upnp.browser().scan(
                for: target, duration: duration, readsActions: actions
            ) { device in
                await listing.add(device)
            }
            return try await listing.output(ignored: summary.ignored, searchTime: duration)
        }
    }

    private func searchTarget() throws -> SSDPTarget? {
        guard let target else { return nil }
        guard let searchTarget = SSDPTarget(rawValue: target) else {
            throw ValidationError.searchTarget(target)
        }
        return searchTarget
    }
}

/// Collects devices, and in text shows each at once.
private actor UPnPScanListing {
    private let format: OutputFormat
    private var rows: [UPnPScanOutput.Row] = []
    private var problem: SystemError?

    init(format: OutputFormat) { self.format = format }

    func add(_ device: UPnPDevice) {
        let row = UPnPScanOutput.Row(device: device)
        rows.append(row)
        guard problem == nil, let text = format.renderAtOnce(row) else { return }
        do throws(SystemError) { try StandardStream.output.writeLine(text) } catch {
            problem = error
        }
    }

    /// - Throws: `ExitCode` where a row could not be shown.
    func output(ignored: Int, searchTime: Duration?) throws -> UPnPScanOutput {
        if let problem {
            say(unwritable(StandardStream.output.name, problem))
            throw ExitCode(EndCode.io.rawValue)
        }
        return UPnPScanOutput(rows: rows, ignored: ignored, searchTime: searchTime)
    }
}

extension OutputFormat {
    /// The text of a device that is shown before the scan is over.
    fileprivate func renderAtOnce(_ row: UPnPScanOutput.Row) -> String? {
        switch self {
        case .text:
            let page = StandardStream.output.page
            return page.text(row.lines(on: page))
        case .quiet: return row.device.location.zonedDescription
        case .json: return nil
        }
    }
}
