import Glibc

extension SSDPLink {
    /// The links of this host on which a search makes sense: those with a default route, because the
    /// others belong to containers and tunnels; all that are up when none has one.
    ///
    /// - Parameter interface: takes only the links of the interface of this name.
    /// - Returns: one for each family of each interface, IPv4 first.
    /// - Throws: `PortMapperError.noSuchInterface` and `.system`.
    package static func ofHost(interface: String? = nil) throws(PortMapperError) -> [SSDPLink] {
        do throws(SystemError) { return try read(interface: interface) } catch {
            if error.code == ENODEV, let interface { throw .noSuchInterface(interface) }
            throw .system(error)
        }
    }

    private static func read(interface: String?) throws(SystemError) -> [SSDPLink] {
        let gateways = try Gateway.candidates(interface: interface).filter { !$0.isPointToPoint }
        let usable = try NetworkInterface.all().filter { address in
            address.isUp && !address.isPointToPoint && !address.isTentative
                && (interface.map { address.name == $0 } ?? !address.isLoopback)
        }
        let routed = usable.filter { address in
            gateways.contains { $0.interfaceIndex == address.index }
        }
        return AddressFamily.allCases.flatMap { family in
            links(family, among: interface == nil && !routed.isEmpty ? routed : usable, gateways)
        }
    }

    /// One link for each interface.
    private static func links(
        _ family: AddressFamily, among addresses: [NetworkInterface], _ gateways: [Gateway]
    ) -> [SSDPLink] {
        var links: [SSDPLink] = []
        // Of several addresses of IPv6 the link-local one: a search never leaves the link.
        let ordered = addresses.filter { $0.family == family }.sorted {
            $0.scope == .linkLocal && $1.scope != .linkLocal && family == .ipv6
        }
        for address in ordered where !links.contains(where: { $0.interfaceIndex == address.index })
        {
            var link = SSDPLink(
                source: address.address, interfaceIndex: address.index,
                gateways: gateways.filter {
                    $0.interfaceIndex == address.index && $0.address.family == family
                }.map { $0.socketAddress(port: 1900) })
            link.interfaceBesideRules =
                link.gateways.first?.interfaceBesideRules(index: address.index)
            links.append(link)
        }
        return links
    }
}
