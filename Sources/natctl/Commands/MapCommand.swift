import ArgumentParser
import NATTraversal

struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", _superCommandName: NATCtl.name,
        abstract: "Open ports on the gateway",
        usage: """
            natctl map tcp|udp|both <port[-port]> ... [<options>]
            natctl map [<external>:]<port>/tcp|udp|both ... [<options>]
            natctl map ... [<options>] -- <command> [<argument> ...]
            """,
        discussion: """
            The mapping ends with its lifetime unless it is renewed: the same command again, \
            from another process or from cron, renews it on the same external port. With --keep, \
            or while a command after -- runs, natctl stays, renews it and follows every change until \
            SIGINT, SIGTERM or the command's end, and deletes it then.
            """)

    @Argument(
        help: ArgumentHelp(
            "Ports of this host with their transport: tcp 8080 8443, 8080/tcp or 9000-9009/both; "
                + "80:8080/tcp suggests external port 80.",
            valueName: "port"),
        completion: .portsToMap)
    var words: [String] = []

    @Flag(
        name: .long,
        help: "Stay and renew the mappings, follow every change, and delete them when stopped.")
    var keep = false

    @Flag(
        name: .long,
        help: "For cron: print a mapping only when it is new, has changed or has failed.")
    var changesOnly = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --keep, --changes-only or a command: run this with sh -c at each change, with "
                + "the event on standard input.",
            valueName: "command"))
    var onChange: String?

    /// What is run while the ports are mapped: what stood after `--`.
    ///
    /// Not an argument to ArgumentParser, which allows none after the ports.
    var command: [String] = []

    @OptionGroup(title: "Mapping options") var mapping: MappingOptions
    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        try gateway.validate(mapping.family)
        if gateway.via == .natPMP {
            let option =
                mapping.remoteHost != nil
                ? "--remote-host" : mapping.description != nil ? "--description" : nil
            if let option {
                throw ValidationError.inexpressible(option, by: .natPMP)
            }
        }
        _ = try requests()
    }

    /// Checks what can be checked when COMMAND is known.
    func validateHolding() throws {
        if onChange != nil, !isHolding, !changesOnly {
            throw ValidationError.hookWithoutHold
        }
        if changesOnly, isHolding {
            throw ValidationError.cannotCombine(
                "--changes-only", with: keep ? "--keep" : "a command after --",
                because: "which prints only changes anyway")
        }
    }

    /// Whether natctl stays.
    private var isHolding: Bool { keep || !command.isEmpty }

    func run() async throws {
        let requests = try requests()
        if isHolding { return try await besideMainThread { try await hold(requests) } }
        try await output.run(.map) {
            let mapper = PortMapper(try gateway.selection(of: mapping.family))
            if changesOnly { return try await mapChanges(requests, by: mapper) }
            return MappingOutput(kind: .map, report: try await mapper.map(requests))
        }
    }

    /// Maps, and runs the hook where that is something new; `nil` where nothing is.
    private func mapChanges(
        _ requests: [MappingRequest], by mapper: PortMapper
    ) async throws -> ChangedMappings? {
        // Leases that cannot be read are none, and `map` warns of the file.
        let leases = (try? mapper.leases()) ?? []
        var changed = ChangedMappings(try await mapper.map(requests), since: leases)
        if let onChange, let call = changed.hookCall {
            let failure = await besideMainThread { await Hook(command: onChange).run(call) }
            if let failure { changed.report.warnings.append(.hookFailed(failure.message)) }
        }
        return changed.isEventful ? changed : nil
    }

    private func hold(_ requests: [MappingRequest]) async throws {
        try await HeldMap(
            gateway: gateway, requests: requests, output: output, command: command, hook: onChange
        ).run()
    }

    /// A request for each port and transport, in the order given, tcp before udp.
    func requests() throws -> [MappingRequest] {
        let list = try PortList(words)
        if list.entries.isEmpty { throw ValidationError.nothingToMap }
        if mapping.externalPort != nil, let word = list.wordWithExternalPort {
            throw ValidationError.externalPortTwice(word)
        }
        // Those of -e count up by the ports, alike for both transports.
        var offsets: [PortNumber: Int] = [:]
        return try list.entries.map { entry in
            let offset = offsets[entry.port] ?? offsets.count
            offsets[entry.port] = offset
            var request = MappingRequest(
                entry.transport, internalPort: entry.port, family: mapping.family)
            request.externalPort = try entry.externalPort ?? mapping.externalPort(at: offset)
            request.takesAnyExternalPort = mapping.externalPort == .any
            if mapping.ipv6, let outside = request.externalPort, outside != entry.port {
                throw ValidationError.noTranslation(outside, entry.port)
            }
            request.isExact = mapping.exact
            request.isPaired = entry.isPaired
            request.requiresPublic = mapping.requirePublic
            request.mustBeVerified = mapping.verify
            if let lifetime = mapping.lifetime { request.lifetime = lifetime.duration }
            request.internalAddress = mapping.internalAddress
            request.remoteHost = mapping.remoteHost
            request.description = mapping.description
            return request
        }
    }
}
