/// A change of a held mapping or of the path to the Internet.
public struct MapperEvent: Hashable, Sendable {
    /// What has changed.
    @nonexhaustive
    public enum Change: Hashable, Sendable {
        /// A mapping that was not there is there.
        case mapped(Mapping)
        /// A mapping was renewed as it was; listeners of changes need not care.
        case renewed(Mapping)
        /// A mapping has another external address, external port, gateway, technique or internal
        /// address than before.
        case changed(Mapping, previous: Mapping)
        /// A mapping is gone, or is no longer known to be there; it is asked for again.
        case lost(Mapping, PortMapperError)
        /// A mapping was deleted because it is no longer wanted.
        case unmapped(Mapping)
        /// The gateway tells another external address than before; `nil` is that it has none.
        case externalAddressChanged(IPAddress?, previous: IPAddress?)
        /// The gateway has lost its table of mappings.
        case gatewayRestarted(gateway: GatewayAddress)
        /// Another gateway leads to the Internet; `nil` when none does.
        case gatewayChanged(GatewayAddress?, previous: GatewayAddress?)
        /// This host uses another interface or address; `nil` when it has none towards a gateway.
        case interfaceChanged(NetworkPlace?, previous: NetworkPlace?)
        /// A request for a port failed, and is repeated; a mapping of it lasts until its end.
        case mappingFailed(TransportProtocol, PortNumber, PortMapperError)
        /// Something that did not go as a user would expect.
        case warning(MapperWarning)
    }

    /// What has changed.
    public var change: Change
    /// When it was noticed.
    public var time: Timestamp
    /// Every local and public port that is assigned after the change.
    public var assignments: [PortAssignment]

    package init(_ change: Change, at time: Timestamp, assignments: [PortAssignment] = []) {
        self.change = change
        self.time = time
        self.assignments = assignments
    }
}

/// Where this host is attached to the network: the interface towards the gateway.
public struct NetworkPlace: Hashable, Sendable {
    /// The interface's name; `nil` where the system does not tell it.
    public var interface: String?
    /// This host's address towards the gateway.
    public var address: IPAddress
}

/// An address and port at which a service can be reached: one of this host's own, or a public one.
public struct PortAssignment: Hashable, Sendable {
    /// The transport of the port.
    public var transport: TransportProtocol
    /// The address, one of this host's or the gateway's external one.
    public var address: IPAddress
    /// The port at that address.
    public var port: PortNumber
    /// How the public port was made; `nil` for an address of this host's.
    public var technique: Technique?

    /// An assignment; without a technique a local one.
    public init(
        _ transport: TransportProtocol, address: IPAddress, port: PortNumber,
        technique: Technique? = nil
    ) {
        self.transport = transport
        self.address = address
        self.port = port
        self.technique = technique
    }
}
