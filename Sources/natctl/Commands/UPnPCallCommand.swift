import ArgumentParser
import NATTraversal

/// `natctl upnp-call`: any action of any service.
struct UPnPCallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upnp-call", _superCommandName: NATCtl.name,
        abstract: "Call an action of a UPnP service",
        discussion: """
            The service is given by its type, its short name, such as WANIPConnection, or a control \
            URL that upnp-scan shows. A short name means the gateway's service, or else that of the \
            only device that has it. The arguments are checked against the service's description \
            before anything is sent.
            """)

    @Argument(help: "A service type, its short name, or a control URL.", completion: .services)
    var service: String

    @Argument(help: "The action's name.", completion: .actions)
    var action: String

    @Argument(help: ArgumentHelp("The action's arguments.", valueName: "name=value"))
    var arguments: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Give up after this time, such as 90, 90s, 15m, 2h, 7d or 1h30m.", valueName: "duration"
        ))
    var timeout = DurationArgument(.seconds(30))

    @OptionGroup(title: "UPnP options") var upnp: UPnPOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        _ = try serviceName()
        _ = try parsedArguments()
    }

    func run() async throws {
        let arguments = try parsedArguments()
        try await output.run(.upnpCall) {
            let start = ContinuousClock.now
            let deadline = start + timeout.duration
            do {
                let service = try await findService(until: deadline)
                return try await call(service, arguments, until: deadline)
            } catch let error as UPnPUsageError {
                throw ValidationError(error.userMessage)
            } catch let error as PortMapperError {
                throw error.silent(since: start)
            }
        }
    }

    private func call(
        _ service: UPnPService, _ arguments: [UPnPArgument], until deadline: ContinuousClock.Instant
    ) async throws -> UPnPCallOutput {
        var warnings: [MapperWarning] = []
        do {
            // A description that does not come leaves half of the time for the call.
            _ = try await service.actions(timeout: min(.upnpRequest, (deadline - .now) / 2))
        } catch is PortMapperError {
            warnings = [.unchecked]
        }
        let results =
            warnings.isEmpty
            ? try await service.call(action, arguments, timeout: deadline - .now)
            : try await service.callUnchecked(action, arguments, timeout: deadline - .now)
        return UPnPCallOutput(
            service: service.type, action: action, results: results, warnings: warnings)
    }

    private func findService(until deadline: ContinuousClock.Instant) async throws -> UPnPService {
        let name = try serviceName()
        let search: UPnPServiceSearch
        if let url = try upnp.url() {
            let device = try await upnp.device(at: url, timeout: deadline - .now)
            search = try await UPnPBrowser.service(named: name, of: device, until: deadline)
        } else {
            search = try await upnp.browser().service(named: name, until: deadline)
        }
        switch search {
        case .found(let service): return service
        case .ambiguous(let services):
            throw ValidationError.ambiguous(service, services)
        case .nothing: throw PortMapperError.noSuchService(service)
        }
    }

    private func serviceName() throws -> UPnPServiceName {
        guard let name = UPnPServiceName(service) else {
            throw ValidationError.serviceName(service)
        }
        return name
    }

    private func parsedArguments() throws -> [UPnPArgument] {
        try arguments.map { text in
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw ValidationError.assignment(text)
            }
            return UPnPArgument(
                String(text[..<equals]), String(text[text.index(after: equals)...]))
        }
    }
}
