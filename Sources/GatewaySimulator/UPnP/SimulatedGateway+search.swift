import Glibc
package import NATTraversal

extension SimulatedGateway {
    private static let group = IPv4Address(rawValue: 0xEFFF_FFFA)
    private static let linkGroup = IPv6Address(rawValue: 0xFF02 << 112 | 0xC)

    /// The socket that hears searches, with multicast on the interface of the gateway where wanted.
    ///
    /// - Throws: `SystemError` when the port is taken or the group cannot be joined.
    static func searchSocket(
        _ configuration: UPnPConfiguration, at gateway: SocketAddress
    ) throws(SystemError) -> UDPSocket? {
        guard let port = configuration.searchPort else { return nil }
        var local = gateway
        local.port = port
        let socket = try UDPSocket(gateway.address.family)
        guard configuration.joinsMulticast else {
            try socket.bind(to: local)
            return socket
        }
        guard case .v4(let interface) = gateway.address else {
            try joinLinkGroup(socket, at: local)
            return socket
        }
        // What is sent to a group arrives only where no other address is bound.
        setAddressReuse(true, of: socket.descriptor)
        try socket.bind(to: SocketAddress(.v4(.unspecified), port: port))
        var membership = ip_mreq(
            imr_multiaddr: in_addr(s_addr: group.rawValue.bigEndian),
            imr_interface: in_addr(s_addr: interface.rawValue.bigEndian))
        let result = unsafe setsockopt(
            socket.descriptor, Int32(IPPROTO_IP), IP_ADD_MEMBERSHIP, &membership,
            socklen_t(MemoryLayout<ip_mreq>.size))
        guard result == 0 else { throw SystemError("setsockopt") }
        return socket
    }

    /// Hears searches to `ff02::c` on the gateway's interface.
    private static func joinLinkGroup(
        _ socket: UDPSocket, at local: SocketAddress
    ) throws(SystemError) {
        setAddressReuse(true, of: socket.descriptor)
        try socket.bind(to: SocketAddress(.v6(.unspecified), port: local.port))
        var index = local.scopeID
        if index == 0 {
            index = try NetworkInterface.all().first { $0.address == local.address }?.index ?? 0
        }
        var membership = ipv6_mreq()
        membership.ipv6mr_interface = index
        unsafe withUnsafeMutableBytes(of: &membership.ipv6mr_multiaddr) {
            unsafe $0.copyBytes(from: linkGroup.octets)
        }
        let result = unsafe setsockopt(
            socket.descriptor, Int32(IPPROTO_IPV6), IPV6_ADD_MEMBERSHIP, &membership,
            socklen_t(MemoryLayout<ipv6_mreq>.size))
        guard result == 0 else { throw SystemError("setsockopt") }
    }

    /// Answers searches until the task is cancelled.
    func serveSearches() async {
        guard let search else { return }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                guard let datagram = try? await search.receive(until: .now + .seconds(3600)),
                    let location = announcedLocation
                else { continue }
                let (answers, faults) = state.withLock { state in
                    (
                        state.answers(
                            toSearch: datagram.payload, from: datagram.source, location: location,
                            at: .now), state.faults
                    )
                }
                group.addTask {
                    let delay = faults.answerDelays[.search] ?? .zero
                    if delay > .zero { try? await Task.sleep(for: delay) }
                    let other = faults.upnp.answersFromAnotherPort
                    guard !Task.isCancelled,
                        let source = other ? try? UDPSocket(self.gateway.address.family) : search
                    else { return }
                    for answer in answers { try? source.send(answer, to: datagram.source) }
                }
            }
            group.cancelAll()
        }
    }

    /// Moves descriptions and control to another port, as a restart of the daemon does (S-18).
    ///
    /// - Throws: `SystemError` when no port can be had.
    package func moveUPnP() throws(SystemError) {
        var address = gateway
        address.port = 0
        let moved =
            state.current.configuration.upnp.hasClosedPort
            ? try StreamSocket(boundTo: address) : try StreamSocket(listeningOn: address)
        let old = web.withLock { web in
            defer { web = moved }
            return web
        }
        old?.stopListening()
    }
}
