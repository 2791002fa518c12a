/// The external address that one gateway reports.
public struct ExternalAddress: Hashable, Sendable {
    /// The address; never the unspecified one.
    public var address: IPAddress
    /// The technique that reported it.
    public var technique: Technique
    /// The gateway that reported it.
    public var gateway: GatewayAddress
    /// What the user should know about it.
    public var warnings: [MapperWarning]
}

/// What an external address reveals about the path to the Internet, for any technique.
enum ExternalAddressCheck {
    /// The warnings that an external address deserves.
    ///
    /// - Parameters:
    ///   - address: the external address; `nil` is none.
    ///   - gateway: the gateway that reports it.
    ///   - outer: the router in front of it, if that has shown itself.
    /// - Returns: the warnings; none about a public address.
    static func warnings(
        for address: IPAddress?, gateway: IPAddress, outer: IPAddress? = nil
    ) -> [MapperWarning] {
        guard let address, !address.isUnspecified else {
            return [.noExternalAddress(gateway: gateway)]
        }
        if address == gateway { return [.misconfiguredGateway(gateway)] }
        return switch address.scope {
        case .public: []
        case .private: [.doubleNAT(address, gateway: gateway, outer: outer)]
        case .shared: [.carrierNAT(address, gateway: gateway)]
        default: [.reservedAddress(address, gateway: gateway)]
        }
    }

    /// Why an address that must be public is not; `nil` when it is.
    static func failure(
        for address: IPAddress?, gateway: GatewayAddress, technique: Technique
    ) -> PortMapperError? {
        guard let address, !address.isUnspecified else {
            return .noExternalAddress(gateway: gateway, technique: technique)
        }
        guard address.scope == .public else {
            return .notPublic(address, gateway: gateway, technique: technique)
        }
        return nil
    }
}
