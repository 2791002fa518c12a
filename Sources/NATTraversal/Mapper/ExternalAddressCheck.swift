/// What an external address says about the way to the Internet, for all techniques alike.
enum ExternalAddressCheck {
    /// The warnings that an external address deserves.
    static func warnings(for address: IPAddress?, gateway: IPAddress) -> [MapperWarning] {
        guard let address, !address.isUnspecified else {
            return [
                MapperWarning(
                    .noExternalAddress, "\(gateway) told no address on the Internet side")
            ]
        }
        if address == gateway {
            return [
                MapperWarning(
                    .misconfiguredGateway,
                    "\(gateway) tells its inner address as its outer one; it is wrongly configured")
            ]
        }
        switch address.scope {
        case .public:
            return []
        case .private:
            return [
                MapperWarning(
                    .doubleNAT,
                    "the external address \(address) is private: another router stands between "
                        + "\(gateway) and the Internet")
            ]
        case .shared:
            return [
                MapperWarning(
                    .carrierNAT,
                    "the external address \(address) is the carrier's: nobody outside can reach it")
            ]
        default:
            return [
                MapperWarning(
                    .reservedAddress,
                    "the external address \(address) is \(address.scope.rawValue): nobody outside "
                        + "can reach it")
            ]
        }
    }

    /// Why an address that must be public is not; `nil` when it is.
    static func failure(
        for address: IPAddress?, gateway: String, technique: Technique
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
