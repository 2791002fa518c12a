extension PortMapper {
    /// The gateways of mappings that are neither candidates nor on a network of this host, so that
    /// they cannot be asked now.
    package func absentGateways(of mappings: [Mapping]) -> Set<GatewayAddress> {
        let gateways = Set(mappings.map(\.gateway))
        let present = (try? presentTargets(of: gateways)) ?? []
        return gateways.subtracting(present.map(\.name))
    }
}
