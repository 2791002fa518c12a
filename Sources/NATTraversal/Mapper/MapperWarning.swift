/// Something that succeeded, but not as the user would expect.
///
/// Each case says what happened; the caller words it for people.
@nonexhaustive
public enum MapperWarning: Hashable, Sendable {
    /// The external address is private: another router is in front of the gateway, at `outer` if it
    /// has shown itself.
    case doubleNAT(IPAddress, gateway: IPAddress, outer: IPAddress? = nil)
    /// The external address is the carrier's shared space (RFC 6598).
    case carrierNAT(IPAddress, gateway: IPAddress)
    /// The external address is one that nobody outside can reach.
    case reservedAddress(IPAddress, gateway: IPAddress)
    /// Answers from a mapped address would not leave through the gateway but by this interface,
    /// perhaps to this router; `interface` is `nil` when no route leads to peers outside.
    case repliesElsewhere(
        from: IPAddress, interface: String?, router: IPAddress?, gateway: GatewayAddress)
    /// This process is in a container behind a bridge of its host, and no gateway answered.
    case containerNetwork
    /// The gateway has no external address.
    case noExternalAddress(gateway: IPAddress)
    /// Techniques or gateways report different external addresses.
    case disagreement([IPAddress])
    /// The mapping never expires, because the gateway grants no others.
    case permanentLease(TransportProtocol, PortNumber)
    /// The gateway does not let its table be read back.
    case unverified(TransportProtocol, PortNumber)
    /// The mapping is restricted to one peer by PCP, which common servers do not enforce.
    case filterUnproved(TransportProtocol, PortNumber, remoteHost: IPAddress)
    /// The gateway's IPv6 firewall is off: nothing had to be opened, and every port of this host can
    /// be reached.
    case firewallOff(TransportProtocol, PortNumber)
    /// The gateway does not delete what it has opened of IPv6, which stays open until it ends.
    case stillOpen(Mapping)
    /// The device that maps, at this address, is not the gateway.
    case notDefaultGateway(IPAddress)
    /// Less was granted than asked for.
    case shorterLifetime(
        TransportProtocol, PortNumber, grantedSeconds: UInt32, askedSeconds: UInt32)
    /// Another external port was granted than suggested.
    case differentExternalPort(
        TransportProtocol, PortNumber, granted: PortNumber, suggested: PortNumber)
    /// tcp and udp of this port have two external ports: no common one was to be had.
    case differentPorts(PortNumber, tcp: PortNumber, udp: PortNumber)
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
    /// A lease of an address that this host no longer has.
    case leaseOfFormerAddress(Mapping)
    /// A request whose gateway has answered neither it nor the delete: perhaps there is no mapping.
    case leaseWithoutAnswer(Mapping)
    /// Of this gateway the list contains only natctl's own leases, because its table was not read.
    ///
    /// The gateway is `nil` when there is none to ask, the reason where UPnP, which alone can read a
    /// table, was not to be used.
    case leasesOnly(GatewayAddress?, because: PortMapperError?)
    /// A device named another host as the place of its description, which was read from the device
    /// itself (S-6).
    case repointedLocation(HTTPURL)
    /// Arguments were sent unchecked, because the service's description could not be read.
    case unchecked
    /// This many further responses were ignored.
    case truncatedAnswers(Int)
    /// The table has more entries than the limit, or reading it was interrupted.
    case truncatedTable(entries: Int, isBrokenOff: Bool)
    /// This many entries of the table were left out: they could not be read, or are not for one port
    /// and one address.
    case unreadableEntries(Int)
    /// A device's texts, or the descriptions in its table, were longer than what is kept (T-6).
    case truncatedTexts(of: IPAddress)
    /// A held port could not be mapped; the request will be repeated.
    case mappingFailed(TransportProtocol, PortNumber, PortMapperError)
    /// The program to run at changes failed, took too long, or missed some changes.
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
        case .repliesElsewhere: "repliesElsewhere"
        case .containerNetwork: "containerNetwork"
        case .noExternalAddress: "noExternalAddress"
        case .disagreement: "disagreement"
        case .permanentLease: "permanentLease"
        case .unverified: "unverified"
        case .filterUnproved: "filterUnproved"
        case .firewallOff: "firewallOff"
        case .stillOpen: "stillOpen"
        case .notDefaultGateway: "notDefaultGateway"
        case .shorterLifetime: "shorterLifetime"
        case .differentExternalPort: "differentExternalPort"
        case .differentPorts: "differentPorts"
        case .sensitivePort: "sensitivePort"
        case .misconfiguredGateway: "misconfiguredGateway"
        case .leaseFileUnusable, .leaseFileDamaged: "leaseFileUnusable"
        case .leaseFolderExposed: "leaseFolderExposed"
        case .leaseOfAbsentGateway, .leaseOfFormerAddress, .leaseWithoutAnswer: "leaseElsewhere"
        case .leasesOnly: "leasesOnly"
        case .repointedLocation: "repointedLocation"
        case .unchecked: "unchecked"
        case .truncatedAnswers, .truncatedTable, .truncatedTexts, .unreadableEntries:
            "truncated"
        case .mappingFailed: "mappingFailed"
        case .hookFailed: "hookFailed"
        }
    }
}

extension MapperWarning {
    /// The warning that an external address deserves.
    package static func about(
        externalAddress: IPAddress, gateway: IPAddress, outer: IPAddress? = nil
    ) -> [MapperWarning] {
        ExternalAddressCheck.warnings(for: externalAddress, gateway: gateway, outer: outer)
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
