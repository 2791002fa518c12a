import ArgumentParser
import NATTraversal

struct MapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "map",
        abstract: "Open ports on the gateway",
        discussion: """
            The mapping ends with its lifetime unless it is renewed: the same command again, \
            from another process or from cron, renews it on the same external port.
            """)

    @Argument(help: "The transport; both is tcp and udp.")
    var transport: TransportArgument

    @Argument(help: ArgumentHelp("Ports of this host, 1 to 65535.", valueName: "port[-port]"))
    var ports: [PortRangeArgument]

    @OptionGroup(title: "Mapping options") var mapping: MappingOptions
    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if gateway.via == .natPMP, mapping.remoteHost != nil {
            throw ValidationError(
                "--remote-host does not go with --via nat-pmp, which cannot say it")
        }
        _ = try requests()
    }

    func run() async throws {
        let mapper = PortMapper(try gateway.ipv4Selection())
        let requests = try requests()
        try await output.run(emptyDocument: MappingOutput.emptyDocument) {
            MappingOutput(report: try await mapper.map(requests))
        }
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
