import ArgumentParser
import NATTraversal

struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map", _superCommandName: NATCtl.name,
        abstract: "Open ports on the gateway",
        usage: """
            natctl map tcp|udp|both <port[-port]> ... [<options>]
            natctl map tcp|udp|both <port[-port]> ... [<options>] -- <command> [<argument> ...]
            """,
        discussion: """
            The mapping ends with its lifetime unless it is renewed: the same command again, \
            from another process or from cron, renews it on the same external port. With --keep, \
            or while a command after -- runs, natctl stays, renews it and follows every change until \
            SIGINT, SIGTERM or the command's end, and deletes it then.
            """)

    @Argument(help: "The transport; both is tcp and udp.")
    var transport: TransportArgument

    @Argument(help: ArgumentHelp("Ports of this host, 1 to 65535.", valueName: "port[-port]"))
    var ports: [PortRangeArgument]

    @Flag(name: .long, help: "Stay, renew, follow every change; delete the mappings when stopped.")
    var keep = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --keep or a command: run this by sh -c at each change, the event on standard "
                + "input.",
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
        if onChange != nil, !isHolding {
            throw ValidationError.hookWithoutHold
        }
    }

    /// Whether natctl stays.
    private var isHolding: Bool { keep || !command.isEmpty }

    func run() async throws {
        let requests = try requests()
        if isHolding { return try await besideMainThread { try await hold(requests) } }
        try await output.run(emptyDocument: MappingOutput.emptyDocument) {
            let mapper = PortMapper(try gateway.ipv4Selection())
            return MappingOutput(report: try await mapper.map(requests))
        }
    }

    private func hold(_ requests: [MappingRequest]) async throws {
        try await HeldMap(
            gateway: gateway, requests: requests, output: output, command: command, hook: onChange
        ).run()
    }

    /// A request for each port and transport, tcp before udp.
    func requests() throws -> [MappingRequest] {
        try ports.ports.enumerated().flatMap { offset, port in
            let externalPort = try mapping.externalPort(at: offset)
            return transport.transports.map { transport in
                var request = MappingRequest(transport, internalPort: port)
                request.externalPort = externalPort
                request.isExact = mapping.exact
                request.requiresPublic = mapping.requirePublic
                request.mustBeVerified = mapping.verify
                request.lifetime = mapping.lifetime.duration
                request.internalAddress = mapping.internalAddress
                request.remoteHost = mapping.remoteHost
                request.description = mapping.description
                return request
            }
        }
    }
}
