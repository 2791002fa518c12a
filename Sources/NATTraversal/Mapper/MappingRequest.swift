/// A port to be made public.
public struct MappingRequest: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The port on this host, or on the one of `internalAddress`.
    public var internalPort: PortNumber
    /// The port wanted outside; `nil` is the internal one, and a lease's own when renewed.
    public var externalPort: PortNumber?
    /// Whether another external port than wanted is a failure.
    public var isExact: Bool
    /// Whether an external address that is not public is a failure.
    public var requiresPublic: Bool
    /// Whether the gateway's table, read by UPnP, must show the mapping whatever technique made it.
    public var mustBeVerified: Bool
    /// What is asked for, in whole seconds; the gateway may grant less or more.
    public var lifetime: Duration
    /// The host the mapping leads to, or the address of this one; `nil` is this host's address
    /// towards the gateway.
    public var internalAddress: IPv4Address?
    /// The one peer that may come in; `nil` is anyone.
    public var remoteHost: IPv4Address?
    /// The text for the gateway's table, at most 64 bytes; `nil` is the application's name with
    /// transport and port.
    public var description: String?
    /// Who asks; the mapper says it.
    var applicationName = ApplicationName.natctl

    /// A request; what is left out has the defaults of `natctl map`.
    public init(
        _ transport: TransportProtocol, internalPort: PortNumber, externalPort: PortNumber? = nil,
        isExact: Bool = false, requiresPublic: Bool = false, mustBeVerified: Bool = false,
        lifetime: Duration = .seconds(7200), internalAddress: IPv4Address? = nil,
        remoteHost: IPv4Address? = nil, description: String? = nil
    ) {
        self.transport = transport
        self.internalPort = internalPort
        self.externalPort = externalPort
        self.isExact = isExact
        self.requiresPublic = requiresPublic
        self.mustBeVerified = mustBeVerified
        self.lifetime = lifetime
        self.internalAddress = internalAddress
        self.remoteHost = remoteHost
        self.description = description
    }

    /// The port to suggest when nothing is remembered.
    var suggestedExternalPort: PortNumber { externalPort ?? internalPort }

    /// The text of the gateway's table.
    var shownDescription: String {
        description ?? applicationName.mappingDescription(transport, internalPort)
    }
}
