/// Something that went well but not as a user would expect.
///
/// Each case says what happened; how to put it to a person is the caller's matter.
@nonexhaustive
public enum MapperWarning: Hashable, Sendable {
    /// The external address is private: another router is in front of the gateway.
    case doubleNAT(IPAddress, gateway: IPAddress)
    /// The external address is the carrier's shared space (RFC 6598).
    case carrierNAT(IPAddress)
    /// The external address is one that nobody outside can reach.
    case reservedAddress(IPAddress)
    /// The gateway has no external address.
    case noExternalAddress(gateway: IPAddress)
    /// Techniques or gateways report different external addresses.
    case disagreement([IPAddress])
    /// A mapping that does not end by itself was made, because the gateway makes no other.
    case permanentLease(TransportProtocol, PortNumber)
    /// The gateway does not let its table be read back.
    case unverified(TransportProtocol, PortNumber)
    /// The mapping was asked for one peer only, by PCP, and common servers let everybody in.
    case filterUnproved(TransportProtocol, PortNumber, remoteHost: IPAddress)
    /// A device at this address maps, which is not the gateway.
    case notDefaultGateway(IPAddress)
    /// Less was granted than asked for.
    case shorterLifetime(
        TransportProtocol, PortNumber, grantedSeconds: UInt32, askedSeconds: UInt32)
    /// Another external port was granted than suggested.
    case differentExternalPort(
        TransportProtocol, PortNumber, granted: PortNumber, suggested: PortNumber)
    /// A well-known service of this host is now open to everyone (T-11).
    case sensitivePort(PortNumber, service: String)
    /// The gateway reports its LAN address as its external address (T-14).
    case misconfiguredGateway(IPAddress)
    /// The lease file could not be read or written.
    case leaseFileUnusable(path: String, problem: String)
    /// The lease file was damaged and was moved aside.
    case leaseFileDamaged(movedTo: String)
    /// Other users can write to the lease file's folder (T-15).
    case leaseFolderExposed(path: String)
    /// A lease of a gateway that is no default gateway now.
    case leaseOfAbsentGateway(Mapping)
    /// A lease of an address that this host does not have any more.
    case leaseOfFormerAddress(Mapping)
    /// Only natctl's own leases are shown: the gateway's table was not read.
    case leasesOnly
    /// A device named another host as the place of its description, which was read from the device
    /// itself (S-6).
    case repointedLocation(HTTPURL)
    /// Arguments were sent unchecked, because the service's description could not be read.
    case unchecked
    /// So many more answers were not looked at.
    case truncatedAnswers(Int)
    /// The table has more entries than the most that are read, or reading it broke off.
    case truncatedTable(entries: Int, isBrokenOff: Bool)
    /// A port that is to stay mapped could not be mapped, and is asked for again.
    case mappingFailed(TransportProtocol, PortNumber, PortMapperError)
    /// The program that is run at changes failed, took too long, or missed some.
    case hookFailed(String)

    /// The kinds of warnings; their raw values are the codes that scripts see.
    public struct Code: RawRepresentable, ExpressibleByStringLiteral, Hashable, Sendable {
        /// The code as documents have it.
        public var rawValue: String

        /// A code of this name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A code as a literal.
        public init(stringLiteral value: String) { self.init(rawValue: value) }
    }

    /// Which kind it is.
    public var code: Code {
        switch self {
        case .doubleNAT: "doubleNAT"
        case .carrierNAT: "carrierNAT"
        case .reservedAddress: "reservedAddress"
        case .noExternalAddress: "noExternalAddress"
        case .disagreement: "disagreement"
        case .permanentLease: "permanentLease"
        case .unverified: "unverified"
        case .filterUnproved: "filterUnproved"
        case .notDefaultGateway: "notDefaultGateway"
        case .shorterLifetime: "shorterLifetime"
        case .differentExternalPort: "differentExternalPort"
        case .sensitivePort: "sensitivePort"
        case .misconfiguredGateway: "misconfiguredGateway"
        case .leaseFileUnusable, .leaseFileDamaged: "leaseFileUnusable"
        case .leaseFolderExposed: "leaseFolderExposed"
        case .leaseOfAbsentGateway, .leaseOfFormerAddress: "leaseElsewhere"
        case .leasesOnly: "leasesOnly"
        case .repointedLocation: "repointedLocation"
        case .unchecked: "unchecked"
        case .truncatedAnswers, .truncatedTable: "truncated"
        case .mappingFailed: "mappingFailed"
        case .hookFailed: "hookFailed"
        }
    }
}

extension MapperWarning {
    /// What an external address deserves to be warned of.
    package static func about(externalAddress: IPAddress, gateway: IPAddress) -> [MapperWarning] {
        ExternalAddressCheck.warnings(for: externalAddress, gateway: gateway)
    }
}

/// Services that were never meant for the Internet, or that scanners look for first (T-11).
enum SensitivePort {
    private static let services: [UInt16: String] = [
        21: "FTP", 22: "SSH", 23: "Telnet", 25: "SMTP", 53: "DNS", 111: "RPC", 135: "RPC",
        137: "NetBIOS", 138: "NetBIOS", 139: "NetBIOS", 161: "SNMP", 389: "LDAP", 445: "SMB",
        1433: "SQL Server", 1900: "SSDP", 2049: "NFS", 2375: "Docker", 3306: "MySQL", 3389: "RDP",
        5353: "mDNS", 5432: "PostgreSQL", 5900: "VNC", 6379: "Redis", 9200: "Elasticsearch",
        11211: "memcached", 27017: "MongoDB",
    ]

    /// The service that is usually at a port; `nil` for any other port.
    static func service(at port: PortNumber) -> String? { services[port.rawValue] }
}
