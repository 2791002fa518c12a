extension PortMapper {
    /// The gateways of mappings that are neither candidates nor on a network of this host, so that
    /// they cannot be asked now.
    package func absentGateways(of mappings: [Mapping]) -> Set<GatewayAddress> {
        let present = Set(((try? selection.targets()) ?? []).map(\.name))
        let gateways = Set(mappings.map(\.gateway)).subtracting(present)
        if gateways.isEmpty { return [] }
        let interfaces = (try? NetworkInterface.all()) ?? []
        return gateways.filter { gateway in
            !interfaces.contains { $0.isUp && $0.hasOnItsNetwork(gateway.address) }
        }
    }
}
