/// The transports whose ports can be mapped.
public enum TransportProtocol: String, Sendable, CaseIterable {
    case tcp
    case udp
}
