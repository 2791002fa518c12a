import ArgumentParser
import NATTraversal

struct UnmapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unmap", _superCommandName: NATCtl.name,
        abstract: "Delete mappings that map has made",
        usage: """
            natctl unmap tcp|udp|both <port[-port]> ... [<options>]
            natctl unmap <port>/tcp|udp|both ... [<options>]
            natctl unmap tcp|udp --external-port <port> [<options>]
            natctl unmap --all [tcp|udp] [<options>]
            """,
        discussion: """
            Each mapping is deleted by the technique that made it. Where there is nothing to delete, \
            unmap succeeds. Without a lease no gateway is asked, unless --via nat-pmp, --via upnp or \
            --external-port says where to look.
            """)

    @Argument(
        help: ArgumentHelp(
            "Ports of this host with their transport, as map takes them: tcp 8080 8443 or "
                + "8080/tcp.",
            valueName: "port"),
        completion: .portsToUnmap)
    var words: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Delete the mapping with this external port.", valueName: "port"),
        completion: .leasedExternalPorts,
        transform: { text throws(ValidationError) in
            guard let port = PortNumber(text) else {
                throw ValidationError.externalPort(text, orZero: false)
            }
            return port
        })
    var externalPort: PortNumber?

    @Flag(name: .long, help: "Delete all of natctl's mappings, or all those of one transport.")
    var all = false

    @Flag(
        name: [.customShort("6"), .long],
        help: "Close IPv6 ports only. (default: IPv4 and IPv6)")
    var ipv6 = false

    @OptionGroup(title: "Gateway options") var gateway: GatewayOptions
    @OptionGroup(title: "Output options") var output: OutputOptions

    func validate() throws {
        if ipv6 { try gateway.validate(.ipv6) }
        _ = try request()
    }

    private func selection() throws -> GatewaySelection {
        if ipv6 { return try gateway.selection(of: .ipv6) }
        return gateway.via == .natPMP
            ? try gateway.selection(of: .ipv4) : try gateway.selection()
    }

    func run() async throws {
        let request = try request()
        try await output.run(.unmap) {
            let mapper = PortMapper(try selection())
            let report = try await mapper.unmap(request, ipv6 ? .ipv6 : nil)
            return UnmapOutput(report: report)
        }
    }

    /// What the arguments mean.
    func request() throws -> UnmapRequest {
        let transport = words.count == 1 ? TransportArgument(argument: words[0]) : nil
        switch (all, externalPort, transport) {
        case (true, nil, nil) where words.isEmpty, (true, nil, .both?):
            return .all(nil)
        case (true, nil, let transport?):
            return .all(transport.transports.first)
        case (true, _, _):
            throw ValidationError.allWithPorts
        case (false, let port?, let transport?) where transport != .both:
            return .externalPort(.init(transport.transports[0], port))
        case (false, .some, _):
            throw ValidationError.externalPortAlone
        case (false, nil, _):
            let entries = try PortList(words).entries
            if entries.isEmpty { throw ValidationError.nothingToUnmap }
            return .internalPorts(entries.map { .init($0.transport, $0.port) })
        }
    }
}

/// What `unmap` prints: what was removed, and on standard error that there was nothing.
struct UnmapOutput: CommandOutput {
    let kind = DocumentKind.unmap
    var report: MappingReport

    private var base: MappingOutput { MappingOutput(kind: kind, report: report) }

    func lines(on page: Page) -> [StyledLine] {
        report.mappings.map { (StyledLine("unmapped ", .good) + $0.lineAtEnd).hanging(4) }
    }
    var quietLines: [String] { [] }
    var document: [String: JSONValue] { base.document }
    var warnings: [MapperWarning] { report.warnings }
    var failures: [PortMapperError] { base.failures }
    var failureMessages: [String] { base.failureMessages }
    var remarks: [String] {
        report.mappings.isEmpty && report.failures.isEmpty && report.warnings.isEmpty
            ? [nothingUnmapped] : []
    }
}
