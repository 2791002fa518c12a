extension GatewaySocket {
    /// Connects a socket, so that strangers are not heard and a closed port is (T-5).
    ///
    /// - Throws: `SystemError`; EADDRNOTAVAIL says that `source` is not an address of this host.
    convenience init(
        to gateway: SocketAddress, from source: IPAddress? = nil, interface: String? = nil
    ) throws(SystemError) {
        let first = try Self.socket(
            to: gateway, from: source.map { SocketAddress($0, port: 0) }, interface)
        var source = first.local
        source.port = 0
        self.init(
            gateway: gateway, local: first.local, transport: first.transport,
            open: { [source] () throws(SystemError) in
                try Self.socket(to: gateway, from: source, interface)
            })
    }

    private static func socket(
        to gateway: SocketAddress, from source: SocketAddress?, _ interface: String?
    ) throws(SystemError) -> Socket {
        let socket = try UDPSocket(gateway.address.family, receiveSize: PCPLimits.datagram + 4)
        if let interface { try socket.bind(toInterface: interface) }
        if let source { try socket.bind(to: source) }
        try socket.connect(to: gateway)
        return (socket, try socket.localAddress())
    }
}
