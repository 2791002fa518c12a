/// A port to make public.
public struct MappingRequest: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The port on this host, or on the host at `internalAddress`.
    public var internalPort: PortNumber
    /// The external port to suggest; `nil` is the internal one, or the lease's in a renewal.
    public var externalPort: PortNumber?
    /// Whether it is a failure to get another external port.
    public var isExact = false
    /// Whether an external address that is not public is a failure.
    public var requiresPublic = false
    /// Whether the gateway's table, read by UPnP, must show the mapping whatever technique made it.
    public var mustBeVerified = false
    /// The lifetime to request, in whole seconds; the gateway may grant less or more.
    public var lifetime = Duration.seconds(7200)
    /// The host to map to, or one of this host's addresses; `nil` is this host's address towards
    /// the gateway.
    public var internalAddress: IPv4Address?
    /// The only peer allowed to send to the port; `nil` is anyone.
    public var remoteHost: IPv4Address?
    /// The description for the gateway's table, at most 64 bytes; `nil` is natctl's own.
    public var description: String?

    /// A request with defaults for everything else.
    public init(_ transport: TransportProtocol, internalPort: PortNumber) {
        self.transport = transport
        self.internalPort = internalPort
    }

    /// The port to suggest when nothing is remembered.
    var suggestedExternalPort: PortNumber { externalPort ?? internalPort }

    /// The description for the gateway's table.
    var shownDescription: String {
        description ?? "natctl \(transport.rawValue) \(internalPort)"
    }
}
