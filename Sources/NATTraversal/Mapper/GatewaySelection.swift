/// Which gateway to ask, how, and for how long.
public struct GatewaySelection: Hashable, Sendable {
    /// One technique, or `nil` for the best that the gateway offers.
    public var technique: Technique?
    /// One gateway, or `nil` for the default routes, best first.
    public var gateway: GatewayAddress?
    /// The gateway's UPnP description; `nil` is to search for it.
    ///
    /// Its host is the gateway unless `gateway` names one.
    public var location: HTTPURL?
    /// The interface to leave by, or `nil` for the route's.
    public var interface: String?
    /// A limit for the whole; `nil` is 30 s, 1 s more for each further port, and 3 s as long as no
    /// gateway has answered.
    public var timeout: Duration?

    /// A selection; everything left out is found out.
    public init(
        technique: Technique? = nil, gateway: GatewayAddress? = nil, location: HTTPURL? = nil,
        interface: String? = nil, timeout: Duration? = nil
    ) {
        self.technique = technique
        self.gateway = gateway
        self.location = location
        self.interface = interface
        self.timeout = timeout
    }
}

extension GatewaySelection {
    /// How long to wait for a request about `count` ports.
    func budget(forPorts count: Int = 1) -> TimeBudget {
        if let timeout { return TimeBudget(limit: timeout) }
        return TimeBudget(limit: .seconds(29 + max(count, 1)), silence: .seconds(3))
    }

    /// Whether a technique is allowed.
    func allows(_ technique: Technique) -> Bool {
        self.technique == nil || self.technique == technique
    }
}

extension UPnPBrowser {
    /// A browser of the link to the gateway that is named, else of the links of this host on which a
    /// search makes sense.
    ///
    /// - Throws: `PortMapperError`.
    package init(_ selection: GatewaySelection) throws(PortMapperError) {
        guard selection.gateway != nil, let target = try selection.targets().first else {
            self.init(links: try SSDPLink.ofHost(interface: selection.interface))
            return
        }
        let source = try target.socket().local.address
        self = IGDFinder(target, source: source, others: []).browser()
    }
}
