import CSystemCalls
import Glibc

extension UDPSocket {
    /// Creates a socket that receives only what is sent to a group on one interface.
    ///
    /// It shares the port with other sockets that allow sharing, by SO_REUSEADDR or SO_REUSEPORT.
    ///
    /// - Parameters:
    ///   - group: the group and the port; over IPv6 one that stays on the link.
    ///   - interfaceIndex: the index of the interface.
    /// - Throws: `SystemError`, EADDRINUSE when another socket refuses to share the port (T-15),
    ///   ENODEV when there is no such interface.
    package convenience init(joining group: SocketAddress, interfaceIndex: UInt32)
        throws(SystemError)
    {
        // For 0 the kernel would choose an interface by its routes.
        guard interfaceIndex != 0 else { throw SystemError("setsockopt", code: ENODEV) }
        try self.init(group.address.family)
        try setOption(SOL_SOCKET, SO_REUSEADDR, Int32(1))
        try setOption(SOL_SOCKET, SO_REUSEPORT, Int32(1))
        var local = group
        switch group.address.family {
        case .ipv4:
            // Otherwise it would receive from groups that other sockets on this host have joined,
            // and from this group on other interfaces.
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_ALL, Int32(0))
        case .ipv6:
            local.scopeID = interfaceIndex
        }
        // Bound to the group itself, so that it receives no unicast.
        try bind(to: local)
        try join(local, interfaceIndex: interfaceIndex)
    }

    private func join(_ group: SocketAddress, interfaceIndex: UInt32) throws(SystemError) {
        var request = group_req()
        request.gr_interface = interfaceIndex
        unsafe group.withSockaddr { address, length in
            let bytes = unsafe UnsafeRawBufferPointer(start: address, count: Int(length))
            unsafe withUnsafeMutableBytes(of: &request.gr_group) {
                unsafe $0.copyMemory(from: bytes)
            }
        }
        let level = Int32(group.address.family == .ipv4 ? IPPROTO_IP : IPPROTO_IPV6)
        try setOption(level, MCAST_JOIN_GROUP, request)
    }

    /// Sends multicasts on this interface, over at most `hops` routers, and receives from no group.
    ///
    /// - Throws: `SystemError` of setsockopt(2).
    package func setMulticast(
        family: AddressFamily, interfaceIndex: UInt32, hops: Int32
    ) throws(SystemError) {
        switch family {
        case .ipv4:
            let interface = ip_mreqn(
                imr_multiaddr: in_addr(), imr_address: in_addr(),
                imr_ifindex: Int32(clamping: interfaceIndex))
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_IF, interface)
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_TTL, hops)
            // Otherwise it would receive from groups that other sockets on this host have joined.
            try setOption(Int32(IPPROTO_IP), IP_MULTICAST_ALL, Int32(0))
        case .ipv6:
            try setOption(Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, interfaceIndex)
            try setOption(Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, hops)
        }
    }

    func setOption<Value>(
        _ level: Int32, _ name: Int32, _ value: Value
    ) throws(SystemError) {
        let result = unsafe withUnsafeBytes(of: value) {
            unsafe setsockopt(descriptor, level, name, $0.baseAddress, socklen_t($0.count))
        }
        guard result == 0 else { throw SystemError("setsockopt") }
    }
}
