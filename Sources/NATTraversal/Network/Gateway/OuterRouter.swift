import Glibc
import Logging

/// The router in front of a gateway whose external address is private.
///
/// It is only named: asked one question at the address that most routers have, and met by one
/// datagram that ends with the second router. Neither is repeated, and neither gets farther than that
/// router. A carrier's network is not searched.
struct OuterRouterSearch {
    /// How long to wait for a word of it.
    private static let patience = Duration.milliseconds(500)
    /// The gateway and the router in front of it.
    private static let hops: Int32 = 2
    /// Where the datagram is addressed that ends on its way: PCP's anycast address, which no host has
    /// (RFC 7723).
    private static let beyond = IPv4Address(rawValue: 0xC000_0009)

    let gateway: GatewayTarget
    /// The gateway's external address.
    let externalAddress: IPv4Address

    /// `nil` unless the external address is private.
    init?(behind gateway: GatewayTarget, externalAddress: IPAddress?) {
        guard case .v4(let address)? = externalAddress, address.scope == .private else {
            return nil
        }
        self.gateway = gateway
        self.externalAddress = address
    }

    /// The address that the router most often has: the first one of the network of the external
    /// address, taken to have 24 bits.
    ///
    /// - Parameter own: this host's addresses with their prefixes. What is on one of its networks is
    ///   not in front of the gateway.
    /// - Returns: `nil` when that is the gateway itself or on this host's side.
    func likelyAddress(own: [(address: IPAddress, prefixLength: Int)]) -> IPv4Address? {
        let first = IPv4Address(rawValue: externalAddress.rawValue & 0xFFFF_FF00 | 1)
        let isNear = own.contains {
            $0.address.sharesNetwork(with: .v4(first), prefixLength: $0.prefixLength)
        }
        return first == externalAddress || isNear ? nil : first
    }

    /// Whether the sender of an ICMP error is the router: not the gateway, nor a public router of the
    /// provider's.
    func isOuterRouter(_ sender: IPv4Address) -> Bool {
        sender.scope == .private && sender != externalAddress
            && .v4(sender) != gateway.socketAddress.address
    }

    /// Looks for the router.
    ///
    /// - Returns: its address on the gateway's side; `nil` when it does not show itself.
    /// - Throws: `CancellationError`.
    func find() async throws -> IPAddress? {
        async let passed = hopBeyondGateway()
        async let asked = answerer()
        let (hop, answer) = (try await passed, try await asked)
        return (hop ?? answer).map(IPAddress.v4)
    }

    /// The router that the datagram does not pass.
    private func hopBeyondGateway() async throws -> IPv4Address? {
        try await ask(Self.beyond) { socket in
            while let sender = socket.icmpSender() {
                if isOuterRouter(sender) { return sender }
            }
            // Otherwise the error would keep the socket ready.
            _ = try? await socket.receive(until: .now)
            return nil
        }
    }

    /// The likely address, if it answers NAT-PMP.
    private func answerer() async throws -> IPv4Address? {
        guard let own = try? KernelTables.ownAddresses(), let address = likelyAddress(own: own)
        else { return nil }
        return try await ask(address) { socket in
            let answer = try await socket.receive(until: .now)
            return answer?.payload.starts(with: [0, 128]) == true ? address : nil
        }
    }

    /// Sends NAT-PMP's question for the external address, and reads what comes of it.
    private func ask(
        _ address: IPv4Address, _ read: (UDPSocket) async throws -> IPv4Address?
    ) async throws -> IPv4Address? {
        do {
            let socket = try UDPSocket(.ipv4)
            if let interface = gateway.interface { try socket.bind(toInterface: interface) }
            try socket.limitHops(Self.hops)
            try socket.connect(to: SocketAddress(.v4(address), port: GatewaySocket.port))
            try socket.send(NATPMPRequest.externalAddress.encoded)
            let end = ContinuousClock.now + Self.patience
            while try await Reactor.shared.wait(
                for: socket.descriptor, events: POLLIN, until: end)
            {
                if let found = try await read(socket) { return found }
            }
        } catch let error as SystemError {
            log.debug("looking for the router in front of \(gateway.name): \(error)")
        }
        return nil
    }
}

extension KernelTables {
    /// This host's IPv4 addresses with their prefixes.
    fileprivate static func ownAddresses() throws(SystemError) -> [(
        address: IPAddress, prefixLength: Int
    )] {
        var tables = try KernelTables()
        return try tables.addresses(.ipv4).map { ($0.address, $0.prefixLength) }
    }
}
