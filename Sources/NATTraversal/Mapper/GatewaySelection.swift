/// Which gateway to ask, how, and for how long.
public struct GatewaySelection: Hashable, Sendable {
    /// The technique; `nil` is the best one that the gateway offers.
    public var technique: Technique?
    /// The gateway; `nil` is those of the default routes, best first.
    public var gateway: GatewayAddress?
    /// The URL of the gateway's UPnP description; `nil` searches for it.
    ///
    /// Its host is the gateway unless `gateway` names one.
    public var location: HTTPURL?
    /// The interface to use; `nil` lets the routes decide.
    public var interface: String?
    /// The overall time limit; `nil` is 30 s and 1 s more for each further port, but 3 s until a
    /// gateway answers.
    public var timeout: Duration?
    /// The family of what is mapped; `nil` where nothing is.
    var requestedFamily: AddressFamily?

    /// Creates a selection; whatever is left out is discovered.
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
    /// The time for a request about `count` ports.
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
    /// Creates a browser of the link to the named gateway, or of all links of this host on which a
    /// search makes sense.
    ///
    /// - Parameter selection: a gateway or an interface; nothing else of it counts.
    /// - Throws: `PortMapperError`.
    public init(_ selection: GatewaySelection = GatewaySelection()) throws(PortMapperError) {
        guard selection.gateway != nil, let target = try selection.targets().first else {
            self.init(
                links: try SSDPLink.ofHost(interface: selection.interface),
                interface: selection.interface)
            return
        }
        let source = try target.socket(from: nil).local.address
        self = IGDFinder(target, source: source, others: []).browser()
    }
}
