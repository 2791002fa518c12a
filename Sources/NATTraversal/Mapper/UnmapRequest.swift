/// The mappings of the application to delete.
@nonexhaustive
public enum UnmapRequest: Hashable, Sendable {
    /// An internal port.
    public struct Port: Hashable, Sendable {
        /// The transport of the port.
        public var transport: TransportProtocol
        /// Its number.
        public var number: PortNumber

        /// The port of this transport and number.
        public init(_ transport: TransportProtocol, _ number: PortNumber) {
            self.transport = transport
            self.number = number
        }
    }

    /// The mappings of these internal ports.
    case internalPorts([Port])
    /// The mapping with this external port.
    case externalPort(Port)
    /// All mappings, or all of one transport.
    case all(TransportProtocol?)
}

extension UnmapRequest {
    /// Whether the request includes a lease.
    func includes(_ lease: Lease) -> Bool {
        switch self {
        case .internalPorts(let ports):
            ports.contains(Port(lease.key.transport, lease.key.internalPort))
        case .externalPort(let port):
            port == Port(lease.key.transport, lease.externalPort)
        case .all(let transport):
            transport == nil || transport == lease.key.transport
        }
    }
}
