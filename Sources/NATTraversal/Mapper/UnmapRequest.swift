/// Which of the application's mappings to delete.
@nonexhaustive
public enum UnmapRequest: Hashable, Sendable {
    /// A port on this side.
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

    /// Those of these internal ports.
    case internalPorts([Port])
    /// The one with this port outside.
    case externalPort(Port)
    /// Every one, or every one of a transport.
    case all(TransportProtocol?)
}

extension UnmapRequest {
    /// Whether a lease is meant.
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
