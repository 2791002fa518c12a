/// A port of this network to which the gateway forwards packets from the Internet.
public struct Mapping: Hashable, Sendable {
    /// The transport of the ports.
    public var transport: TransportProtocol
    /// The host the mapping leads to.
    public var internalAddress: IPAddress
    /// Its port.
    public var internalPort: PortNumber
    /// The gateway's external address; `nil` when it reported none.
    public var externalAddress: IPAddress?
    /// The external port.
    public var externalPort: PortNumber
    /// The only peer allowed to send to the port; `nil` is anyone.
    public var remoteHost: IPAddress?
    /// The granted lifetime, or in a list the rest of it; `nil` is permanent.
    public var lifetime: Duration?
    /// When it expires, unless renewed; `nil` is never.
    public var expiry: Timestamp?
    /// The technique that made it; `nil` for mappings of others.
    public var technique: Technique?
    /// The gateway that was asked.
    public var gateway: GatewayAddress
    /// The text in the gateway's table.
    public var description: String?
    /// Whether this application has made it and remembers it.
    public var isMine: Bool
}

/// The result of requests for mappings.
public struct MappingReport: Sendable {
    /// A port that was not mapped or unmapped, and why.
    public struct Failure: Sendable {
        /// The transport of the port.
        public var transport: TransportProtocol
        /// The port on this host.
        public var internalPort: PortNumber
        /// The reason.
        public var error: PortMapperError
    }

    /// The ports that were mapped, unmapped or found, in the order of the requests.
    public var mappings: [Mapping] = []
    /// The ports that were not, in the order of the requests.
    public var failures: [Failure] = []
    /// Warnings, without duplicates.
    public var warnings: [MapperWarning] = []

    /// An empty report.
    public init() {}
}

extension MappingReport {
    /// Adds another report to this one.
    mutating func add(_ other: MappingReport) {
        mappings += other.mappings
        failures += other.failures
        add(other.warnings)
    }

    /// Adds warnings, without duplicates.
    mutating func add(_ new: [MapperWarning]) {
        var known = Set(warnings)
        for warning in new where known.insert(warning).inserted { warnings.append(warning) }
    }
}
