extension SocketAddress {
    /// Asks the routes from which address this host would send to this one; nothing is sent.
    ///
    /// - Parameter interface: the interface by which to leave; `nil` leaves it to the routes.
    /// - Returns: one of this host's addresses.
    /// - Throws: `SystemError`, for instance ENETUNREACH when no route leads there.
    func source(by interface: String? = nil) throws(SystemError) -> IPAddress {
        let socket = try UDPSocket(address.family)
        if let interface {
            // Kernels before 5.7 forbid this to ordinary users; then the routes decide alone.
            try? socket.bind(toInterface: interface)
        }
        try socket.connect(to: self)
        return try socket.localAddress().address
    }
}
