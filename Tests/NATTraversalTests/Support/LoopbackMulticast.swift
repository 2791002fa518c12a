import Glibc

@testable import NATTraversal

/// Groups on the loopback interface, where no packet leaves this host.
enum LoopbackMulticast {
    static let interfaceIndex = unsafe if_nametoindex("lo")

    /// The families in which loopback carries multicasts; for IPv6 it needs a route (`OwnNetwork`).
    static let families = AddressFamily.allCases.filter { family in
        guard let listener = try? listener(family), let group = try? listener.localAddress() else {
            return false
        }
        // Loopback delivers while it sends.
        try? speaker(family).send([1], to: group)
        var byte: UInt8 = 0
        return unsafe recv(listener.descriptor, &byte, 1, Int32(MSG_DONTWAIT)) == 1
    }

    /// A group of announcements on the loopback interface.
    static func group(_ family: AddressFamily, port: UInt16 = 0) -> SocketAddress {
        var group = SocketAddress.announcementGroup(family, interfaceIndex: interfaceIndex)
        group.port = port
        return group
    }

    /// A socket that hears a group, on a port that the system chooses unless one is given.
    static func listener(_ family: AddressFamily, port: UInt16 = 0) throws -> UDPSocket {
        try UDPSocket(joining: group(family, port: port), interfaceIndex: interfaceIndex)
    }

    /// A socket of this host's loopback address that sends to groups there.
    static func speaker(_ family: AddressFamily) throws -> UDPSocket {
        try speaker(at: family == .ipv4 ? .v4(.loopback) : .v6(.loopback), by: interfaceIndex)
    }

    /// A socket of another address of this host that sends to groups on its interface.
    static func speaker(
        at address: IPAddress, by interfaceIndex: UInt32
    ) throws -> UDPSocket {
        let socket = try UDPSocket(address.family)
        try socket.bind(to: SocketAddress(address, port: 0))
        try socket.setMulticast(
            family: address.family, interfaceIndex: interfaceIndex, hops: 1)
        return socket
    }
}
