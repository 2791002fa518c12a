public import NATTraversal

/// How the port of a bound channel is made public.
public struct PublicPort: Sendable {
    /// The port wanted outside; `nil` is the one the channel is bound to.
    public var externalPort: PortNumber?
    /// The lifetime of the mapping, which is renewed in time.
    public var lifetime: Duration
    /// What asks the gateway.
    public var mapper: PortMapper

    /// A port that is the same outside, mapped by whatever gateway there is.
    public init(
        externalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        mapper: PortMapper = PortMapper()
    ) {
        self.externalPort = externalPort
        self.lifetime = lifetime
        self.mapper = mapper
    }
}
