/// Finds UPnP devices on the links of this host and reads their descriptions.
public struct UPnPBrowser: Sendable {
    let links: [SSDPLink]
    let network: any UPnPNetwork
    /// Called when a default gateway has answered a search, before its description is read.
    var gatewayAnswered: @Sendable () -> Void = {}

    /// A browser that searches on these links.
    ///
    /// - Parameters:
    ///   - links: where to search.
    ///   - interface: the only interface by which devices are asked; `nil` leaves it to the routes.
    package init(links: [SSDPLink], interface: String? = nil) {
        self.init(links: links, network: SystemUPnPNetwork(interface: interface))
    }

    init(links: [SSDPLink], network: any UPnPNetwork) {
        self.links = links
        self.network = network
    }

    /// What a search could not show.
    public struct Summary: Hashable, Sendable {
        /// How many answers were passed over because there were too many.
        public var ignored = 0
    }

    /// Lists every device that answers, as it answers.
    ///
    /// A device heard over IPv4 and IPv6 is listed once.
    ///
    /// - Parameters:
    ///   - target: narrows the search; `nil` asks for everything.
    ///   - duration: how long answers are waited for.
    ///   - readsActions: whether the actions of each device's services are read before it is listed.
    ///   - found: called for one device at a time.
    /// - Returns: what could not be shown.
    /// - Throws: `PortMapperError.system`, `CancellationError`.
    public func scan(
        for target: SSDPTarget? = nil, duration: Duration = .seconds(3),
        readsActions: Bool = false, _ found: @escaping (UPnPDevice) async -> Void
    ) async throws -> Summary {
        var plan = SSDPSearchPlan.scan(for: target, duration: duration)
        plan.readsActions = readsActions
        let end = ContinuousClock.now + duration
        let fetchEnd = end + .seconds(readsActions ? 3 : 1)
        return try await search(plan, until: end, fetchesUntil: fetchEnd) { device in
            await found(device)
            return .goOn
        }
    }

    /// Reads the description at a URL that a person has given.
    ///
    /// - Throws: `PortMapperError`, `CancellationError`.
    public func describe(
        _ location: HTTPURL, timeout: Duration = .upnpRequest
    ) async throws -> UPnPDevice {
        do {
            return try await UPnPDevice.described(
                at: location, by: network.http(on: nil), until: .now + timeout)
        } catch let failure as UPnPFailure {
            throw PortMapperError(failure, host: location.socketAddress, after: timeout)
        }
    }
}

/// What a browser needs of the network; a test passes a script instead.
protocol UPnPNetwork: Sendable {
    /// A transport for a search on `link`.
    func datagrams(on link: SSDPLink) throws(SystemError) -> any DatagramTransport
    /// The way to devices on `link`; `nil` leaves it to the routes.
    func http(on link: SSDPLink?) -> any HTTPTransport
    /// What an address on `link` was resolved to; `nil` when it is not known.
    func linkLayerAddress(of address: IPAddress, on link: SSDPLink) -> [UInt8]?
}

/// The network of this host.
struct SystemUPnPNetwork: UPnPNetwork {
    /// The interface by which everything leaves; `nil` leaves it to the routes.
    var interface: String?
    /// The address from which devices are called; `nil` is the link's.
    var caller: SocketAddress?

    func datagrams(on link: SSDPLink) throws(SystemError) -> any DatagramTransport {
        try link.openSocket()
    }

    func http(on link: SSDPLink?) -> any HTTPTransport {
        HTTPClient(
            source: caller ?? link?.localAddress,
            interface: interface ?? link?.interfaceBesideRules)
    }

    func linkLayerAddress(of address: IPAddress, on link: SSDPLink) -> [UInt8]? {
        do throws(SystemError) {
            var tables = try KernelTables()
            return try tables.linkLayerAddress(of: address, interfaceIndex: link.interfaceIndex)
        } catch {
            return nil
        }
    }
}
