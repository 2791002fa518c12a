/// Asks one gateway by PCP (RFC 6887).
///
/// Not Sendable: one task uses it. Its methods throw `PortMapperError` or `CancellationError`.
public final class PCPClient {
    /// A mapping that a PCP server has granted.
    public struct Grant: Hashable, Sendable {
        /// The port outside.
        public var externalPort: PortNumber
        /// The address outside; for an IPv6 pinhole the internal one.
        public var externalAddress: IPAddress
        /// In whole seconds.
        public var lifetime: Duration
        /// What a renewal or delete must know; a secret.
        public var nonce: String
    }

    /// How many requests may be unanswered at a time; RFC 6887 names no number.
    static let window = 32

    let socket: GatewaySocket
    private let limit: Duration

    /// A client of the gateway at `address`; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - address: the gateway's address on this network.
    ///   - port: its port, 5351 by the RFC.
    ///   - timeout: how long one question may take.
    /// - Throws: `PortMapperError.system` when no socket can be had.
    public init(
        gateway address: IPAddress, port: UInt16 = 5351, timeout: Duration = .seconds(30)
    ) throws(PortMapperError) {
        do throws(SystemError) {
            socket = try GatewaySocket(to: SocketAddress(address, port: port))
        } catch {
            throw .system(error)
        }
        limit = timeout
    }

    /// A client on a socket that it shares with NAT-PMP.
    init(socket: GatewaySocket) {
        self.socket = socket
        limit = .seconds(30)
    }

    /// Asks whether PCP is there, without side effects.
    ///
    /// - Returns: the server's epoch, the age of its mapping table in seconds.
    public func announce() async throws -> UInt32 {
        try await announce(AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
    }

    /// Maps a port of this host, or renews a mapping when given its nonce.
    ///
    /// - Parameters:
    ///   - transport: of the port.
    ///   - internalPort: the port on this host.
    ///   - suggestedExternalPort: the port wanted outside; another may be granted.
    ///   - lifetime: in whole seconds from 1 s; servers rarely grant less than 120 s.
    ///   - nonce: the grant's, for a renewal; without one a fresh one is drawn.
    /// - Returns: what was granted.
    /// - Throws: `PortMapperError`, `.inexpressible` for a nonce that is none; `CancellationError`.
    public func map(
        _ transport: TransportProtocol, internalPort: PortNumber,
        suggestedExternalPort: PortNumber? = nil, lifetime: Duration = .seconds(7200),
        nonce: String? = nil
    ) async throws -> Grant {
        let request = PCPMapRequest(
            nonce: try nonce.map(PCPNonce.init(checking:)) ?? .random(), transport: transport,
            internalPort: internalPort.rawValue, externalPort: suggestedExternalPort?.rawValue ?? 0,
            lifetimeSeconds: max(1, lifetime.wholeSeconds))
        return try await map(
            [request], AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))[
                0
            ].get()
    }

    /// Deletes a mapping; that there was none is no error.
    public func unmap(
        _ transport: TransportProtocol, internalPort: PortNumber, nonce: String
    ) async throws {
        let request = PCPMapRequest(
            nonce: try PCPNonce(checking: nonce), transport: transport,
            internalPort: internalPort.rawValue, lifetimeSeconds: 0)
        let outcomes = try await unmap(
            [request], AskLimit(budget: TimeBudget(limit: limit, from: socket.now)))
        try outcomes[0].get()
    }
}

extension PCPNonce {
    /// A nonce that a caller has written down.
    fileprivate init(checking text: String) throws(PortMapperError) {
        guard let nonce = PCPNonce(hexadecimal: text) else {
            throw .inexpressible("a PCP nonce has 24 hexadecimal digits")
        }
        self = nonce
    }
}
