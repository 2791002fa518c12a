/// The transports whose ports can be mapped: the two that NAT-PMP and UPnP know.
public enum TransportProtocol: String, Sendable, CaseIterable {
    case tcp
    case udp
}
