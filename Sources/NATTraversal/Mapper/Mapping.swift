/// A port of this network that the gateway hands the Internet's packets to.
public struct Mapping: Hashable, Sendable {
    /// The transport of the ports.
    public var transport: TransportProtocol
    /// The host the mapping leads to.
    public var internalAddress: IPAddress
    /// Its port.
    public var internalPort: PortNumber
    /// The gateway's address outside; `nil` when it told none.
    public var externalAddress: IPAddress?
    /// The port outside.
    public var externalPort: PortNumber
    /// The one peer that may come in; `nil` is anyone.
    public var remoteHost: IPAddress?
    /// What was granted, or in a list what is left of it; `nil` is permanent.
    public var lifetime: Duration?
    /// When it ends, unless renewed; `nil` is never.
    public var expiry: Timestamp?
    /// How it was made; `nil` for what others made.
    public var technique: Technique?
    /// The gateway that was asked.
    public var gateway: GatewayAddress
    /// The text in the gateway's table.
    public var description: String?
    /// Whether this application has made it and remembers it.
    public var isMine: Bool
}

/// What came of requests for mappings.
public struct MappingReport: Sendable {
    /// A port that was not mapped or unmapped, and why.
    public struct Failure: Sendable {
        /// The transport of the port.
        public var transport: TransportProtocol
        /// The port on this host.
        public var internalPort: PortNumber
        /// Why.
        public var error: PortMapperError
    }

    /// What was mapped, unmapped or found, in the order asked for.
    public var mappings: [Mapping] = []
    /// What was not, in the order asked for.
    public var failures: [Failure] = []
    /// What else is worth knowing, each once.
    public var warnings: [MapperWarning] = []

    /// An empty report.
    public init() {}
}

extension MappingReport {
    /// Adds warnings that are not there yet.
    mutating func add(_ new: [MapperWarning]) {
        for warning in new where !warnings.contains(warning) { warnings.append(warning) }
    }
}
