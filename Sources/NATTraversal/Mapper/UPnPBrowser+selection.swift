extension UPnPBrowser {
    /// A browser of the link to the gateway that is named, else of the links of this host on which a
    /// search makes sense.
    ///
    /// - Parameter selection: a gateway or an interface; nothing else of it counts.
    /// - Throws: `PortMapperError`.
    public init(_ selection: GatewaySelection = GatewaySelection()) throws(PortMapperError) {
        guard selection.gateway != nil, let target = try selection.targets().first else {
            self.init(links: try SSDPLink.ofHost(interface: selection.interface))
            return
        }
        let source = try target.socket().local.address
        self = IGDFinder(target, source: source, others: []).browser()
    }
}
