public import NATTraversal

/// How the port of a bound channel is made public.
public struct PublicPort: Sendable {
    /// The external port to suggest; `nil` is the one the channel is bound to.
    public var externalPort: PortNumber?
    /// The lifetime of the mapping, which is renewed in time.
    public var lifetime: Duration
    /// What asks the gateway.
    public var mapper: PortMapper

    /// The same external as internal port, mapped by whatever gateway there is.
    public init(
        externalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        mapper: PortMapper = PortMapper()
    ) {
        self.externalPort = externalPort
        self.lifetime = lifetime
        self.mapper = mapper
    }
}
