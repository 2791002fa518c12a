extension UPnPBrowser {
    /// A browser of the link to the gateway that is named, else of the links of this host on which a
    /// search makes sense.
    ///
    /// - Throws: `PortMapperError`.
    package init(_ selection: GatewaySelection) throws(PortMapperError) {
        guard selection.gateway != nil, let target = try selection.targets().first else {
            self.init(
                links: try SSDPLink.ofHost(interface: selection.interface),
                interface: selection.interface)
            return
        }
        let source = try target.socket().local.address
        self = IGDFinder(target, source: source, others: []).browser()
    }
}
