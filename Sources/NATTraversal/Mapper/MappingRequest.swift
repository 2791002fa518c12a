/// A port to be made public.
public struct MappingRequest: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The port on this host, or on the one of `internalAddress`.
    public var internalPort: PortNumber
    /// The external port to suggest; `nil` is the internal one, or the lease's in a renewal.
    public var externalPort: PortNumber?
    /// Whether another external port than wanted is a failure.
    public var isExact = false
    /// Whether an external address that is not public is a failure.
    public var requiresPublic = false
    /// Whether the gateway's table, read by UPnP, must show the mapping whatever technique made it.
    public var mustBeVerified = false
    /// What is asked for, in whole seconds; the gateway may grant less or more.
    public var lifetime = Duration.seconds(7200)
    /// The host the mapping leads to, or the address of this one; `nil` is this host's address
    /// towards the gateway.
    public var internalAddress: IPv4Address?
    /// The one peer that may come in; `nil` is anyone.
    public var remoteHost: IPv4Address?
    /// The text for the gateway's table, at most 64 bytes; `nil` is one of natctl's own.
    public var description: String?

    /// A request with defaults for everything else.
    public init(_ transport: TransportProtocol, internalPort: PortNumber) {
        self.transport = transport
        self.internalPort = internalPort
    }

    /// The port to suggest when nothing is remembered.
    var suggestedExternalPort: PortNumber { externalPort ?? internalPort }

    /// The text of the gateway's table.
    var shownDescription: String {
        description ?? "natctl \(transport.rawValue) \(internalPort)"
    }
}
