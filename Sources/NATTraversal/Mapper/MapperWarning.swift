/// Something that went well but not as a user would expect.
public struct MapperWarning: Hashable, Sendable {
    /// The kinds of warnings; their raw values are the codes that scripts see.
    public enum Code: String, Sendable {
        /// The external address is private: another router is in front.
        case doubleNAT
        /// The external address is the carrier's shared space.
        case carrierNAT
        /// The external address is one that nobody outside can reach.
        case reservedAddress
        /// The gateway has no external address.
        case noExternalAddress
        /// Techniques or gateways tell different external addresses.
        case disagreement
        /// A mapping that does not end by itself was made, because the gateway makes no other.
        case permanentLease
        /// What was granted could not be read back.
        case unverified
        /// Another device than the gateway maps.
        case notDefaultGateway
        /// Less was granted than asked for.
        case shorterLifetime
        /// Another external port was granted than suggested.
        case differentExternalPort
        /// A well-known service of this host is now open to everyone (threats.md T-11).
        case sensitivePort
        /// The gateway tells its inner address as its outer one (threats.md T-14).
        case misconfiguredGateway
        /// What was mapped could not be remembered, or what is remembered could not be read.
        case leaseFileUnusable
        /// Other users can write to the lease file's folder (threats.md T-15).
        case leaseFolderExposed
        /// A lease belongs to a gateway that is not present.
        case leaseElsewhere
        /// Only natctl's own leases are shown.
        case leasesOnly
        /// A device named another host as the place of its description (quirks.md S-6).
        case repointedLocation
        /// Arguments were sent as they were given, without a description to check them against.
        case unchecked
        /// Not everything that answered, or not all of a text, is shown.
        case truncated
        /// A port that is to stay mapped was asked for in vain, and is asked for again.
        case askingFailed
        /// The program that is run at changes failed, took too long, or missed some.
        case hookFailed
    }

    /// Which kind.
    public var code: Code
    /// One sentence for a person, without a full stop.
    public var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension MapperWarning {
    /// Only natctl's own leases are shown.
    package static let leasesOnly = MapperWarning(
        .leasesOnly, "only natctl's leases are shown; the gateway's table was not read")

    /// What an external address deserves to be warned of.
    package static func about(externalAddress: IPAddress, gateway: IPAddress) -> [MapperWarning] {
        ExternalAddressCheck.warnings(for: externalAddress, gateway: gateway)
    }

    /// A device named another host than itself; the description was read from the device.
    package static func repointedLocation(_ device: UPnPDevice) -> MapperWarning {
        MapperWarning(
            .repointedLocation,
            "\(device.location.host) named another host as the place of its description; "
                + "\(device.location) was read instead")
    }

    /// There was no description to check a call against.
    package static let unchecked = MapperWarning(
        .unchecked, "the service's description cannot be read; the arguments were sent unchecked")

    /// So many answers were passed over.
    package static func truncated(answers: Int) -> MapperWarning {
        MapperWarning(.truncated, "\(answers) more answers were not looked at")
    }

    /// A port was asked for in vain.
    package static func askingFailed(_ problem: String) -> MapperWarning {
        MapperWarning(.askingFailed, problem)
    }

    /// The program that is run at changes did not do its work.
    package static func hookFailed(_ problem: String) -> MapperWarning {
        MapperWarning(.hookFailed, problem)
    }

    /// Different external addresses were told.
    package static func disagreement(among addresses: [IPAddress]) -> MapperWarning {
        MapperWarning(
            .disagreement,
            "different external addresses were told: "
                + Set(addresses.map(\.description)).sorted().joined(separator: ", "))
    }
}
