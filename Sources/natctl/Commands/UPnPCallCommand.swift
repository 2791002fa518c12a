import ArgumentParser
import NATTraversal

/// `natctl upnp-call`: any action of any service.
struct UPnPCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upnp-call", abstract: "Call an action of a UPnP service",
        discussion: """
            SERVICE is a type, its short name (WANIPConnection) or a control URL that upnp-scan \
            shows. A short name is the gateway's service, else the only device's that has it. The \
            arguments are checked against the service's description before anything is sent.
            """)

    @Argument(help: "A service type, its short name, or a control URL.")
    var service: String

    @Argument(help: "The action's name.")
    var action: String

    @Argument(help: ArgumentHelp("The action's arguments.", valueName: "name=value"))
    var arguments: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Give up after this, as 90, 90s, 15m, 2h or 7d.", valueName: "duration"))
    var timeout = DurationArgument(.seconds(30))

    @OptionGroup(title: "UPnP options") var upnp: UPnPOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        _ = try serviceName()
        _ = try parsedArguments()
    }

    func run() async throws {
        let arguments = try parsedArguments()
        try await output.run {
            let service = try await findService()
            do { return try await call(service, arguments) } catch let error as UPnPUsageError {
                throw ValidationError(error.userMessage)
            }
        }
    }

    private func call(
        _ service: UPnPService, _ arguments: [UPnPArgument]
    ) async throws -> UPnPCallOutput {
        do {
            _ = try await service.actions(timeout: timeout.duration)
        } catch let error as PortMapperError {
            guard error.endCode == .badAnswer else { throw error }
            let results = try await service.callUnchecked(
                action, arguments, timeout: timeout.duration)
            return UPnPCallOutput(
                service: service.type, action: action, results: results, warnings: [.unchecked])
        }
        let results = try await service.call(action, arguments, timeout: timeout.duration)
        return UPnPCallOutput(service: service.type, action: action, results: results, warnings: [])
    }

    private func findService() async throws -> UPnPService {
        let name = try serviceName()
        let search: UPnPServiceSearch
        if let url = try upnp.url() {
            let device = try await UPnPBrowser(links: []).describe(url, timeout: timeout.duration)
            search = try await UPnPBrowser.service(named: name, of: device)
        } else {
            search = try await upnp.browser().service(
                named: name, duration: min(.seconds(3), timeout.duration))
        }
        switch search {
        case .found(let service): return service
        case .ambiguous(let services):
            let urls = services.compactMap { $0.control.url?.description }.joined(separator: ", ")
            throw ValidationError("several services are called \(plain(service)): \(urls)")
        case .nothing: throw PortMapperError.noSuchService(service)
        }
    }

    private func serviceName() throws -> UPnPServiceName {
        guard let name = UPnPServiceName(service) else {
            throw ValidationError(
                "\(displayed(service)) is no service type, short name or control URL")
        }
        return name
    }

    private func parsedArguments() throws -> [UPnPArgument] {
        try arguments.map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw ValidationError("\(displayed(text)) is not NAME=VALUE")
            }
            return UPnPArgument(
                String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }
}
