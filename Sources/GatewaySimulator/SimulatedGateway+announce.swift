import Glibc
import NATTraversal

extension SimulatedGateway {
    /// Tells by PCP and NAT-PMP, each once, that something has changed, where the configuration wants
    /// it (RFC 6886, section 3.2.1; RFC 6887, section 14.1).
    func announce() {
        let (announcements, destination) = state.withLock {
            ($0.announcements(at: .now), $0.configuration.announcesTo)
        }
        guard let destination, let socket else { return }
        send(announcements, to: destination, by: socket)
    }

    /// Tells by SSDP that its devices and services are alive, where the configuration wants it.
    func announceAlive() {
        guard let location = announcedLocation, let search,
            let destination = state.current.configuration.upnp.announcesTo
        else { return }
        let messages = state.withLock { $0.aliveMessages(location: location) }
        send(messages, to: destination, by: search)
    }

    private func send(_ messages: [[UInt8]], to destination: SocketAddress, by socket: UDPSocket) {
        if case .v4(let address) = gateway.address {
            // The system would choose the way to the Internet, and never loopback.
            var interface = in_addr(s_addr: address.rawValue.bigEndian)
            _ = unsafe setsockopt(
                socket.descriptor, Int32(IPPROTO_IP), IP_MULTICAST_IF, &interface,
                socklen_t(MemoryLayout<in_addr>.size))
        }
        for message in messages { try? socket.send(message, to: destination) }
    }
}
