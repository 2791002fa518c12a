import ArgumentParser
import NATTraversal

/// Where UPnP devices are looked for; shared by the commands that see more than the gateway.
struct UPnPOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Search on the network of the gateway at this address.",
            valueName: "address[:port]"))
    var gateway: GatewayAddress?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Read the description at this URL instead of searching; its host must be an address.",
            valueName: "url"))
    var location: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Search on this interface. (default: those with a default route)", valueName: "name"),
        completion: .interfaces)
    var interface: String?

    func validate() throws {
        if let gateway { try checkZone(gateway, interface: chosenInterface) }
        guard let location else { return }
        try checkLocation(location)
        if gateway != nil {
            throw ValidationError.searchesNothing("--gateway")
        }
    }

    /// The description that is read in place of a search; the environment's only where no flag says
    /// where to search.
    func url() throws -> HTTPURL? {
        if let location { return try locationURL(location, interface: chosenInterface) }
        return gateway == nil && interface == nil
            ? try environmentLocation(interface: chosenInterface) : nil
    }

    /// What is at a description's URL.
    ///
    /// - Throws: `PortMapperError`; that of the interface too, by which nothing is searched for here.
    func device(at url: HTTPURL, timeout: Duration) async throws -> UPnPDevice {
        if let interface = chosenInterface { _ = try SSDPLink.ofHost(interface: interface) }
        return try await UPnPBrowser(links: []).describe(url, timeout: timeout)
    }

    /// A browser of the links that are searched.
    ///
    /// - Throws: `PortMapperError`, `ValidationError`.
    func browser() throws -> UPnPBrowser {
        try UPnPBrowser(
            GatewaySelection(
                gateway: try gateway ?? environmentGateway(interface: chosenInterface),
                interface: chosenInterface))
    }

    private var chosenInterface: String? { interface ?? environment("NATCTL_INTERFACE") }
}
