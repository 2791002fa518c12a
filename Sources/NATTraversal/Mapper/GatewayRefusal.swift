/// A gateway's no, in its own words.
public struct GatewayRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Who said it.
    public var gateway: GatewayAddress
    /// How it was asked.
    public var technique: Technique
    /// The technique's own code: a PCP or NAT-PMP result, a UPnP error code.
    public var code: Int
    /// The code's name in the technique's document; `nil` for one that is not assigned.
    public var name: String?
    /// The gateway's own words, foreign text that decides nothing; only UPnP has them.
    public var words: String?
    /// For how long the gateway will say it again, where it told (RFC 6887, section 7.2).
    public var lifetime: Duration?

    init(
        gateway: GatewayAddress, technique: Technique, code: Int, name: String?,
        lifetime: Duration? = nil
    ) {
        self.gateway = gateway
        self.technique = technique
        self.code = code
        self.name = name
        self.lifetime = lifetime
    }

    init(gateway: SocketAddress, pcp response: PCPResponse) {
        // 0 must not mean "ask again at once", and a day is no error's life (RFC 6887, section 7.4,
        // leaves the numbers to the client).
        let lifetime = min(max(response.lifetimeSeconds, 30), 1800)
        self.init(
            gateway: GatewayAddress(gateway.address), technique: .pcp,
            code: Int(response.result.rawValue), name: response.result.name,
            lifetime: .seconds(Int64(lifetime)))
    }

    init(gateway: SocketAddress, natpmp result: NATPMPResult) {
        self.init(
            gateway: GatewayAddress(gateway.address), technique: .natPMP,
            code: Int(result.rawValue),
            name: result.name)
    }
}

extension GatewayRefusal {
    /// The kinds of no that end a command differently (natctl(1), EXIT STATUS).
    @nonexhaustive
    public enum Kind: Hashable, Sendable {
        /// The port is taken or the gateway is out of room.
        case noRoom
        /// The gateway itself has no address on the Internet side.
        case noExternalAddress
        /// The gateway does not offer the technique or the operation.
        case unsupported
        /// Policy, permission, or what it cannot do.
        case denied
    }

    /// Who refused, by what code; the gateway's own words are left out.
    public var description: String {
        "\(gateway) refused: \(technique.displayName) \(name.map { "\($0) (\(code))" } ?? "\(code)")"
    }

    /// The name of a code that is an HTTP status.
    static let httpName = "HTTP"

    /// Which kind this one is.
    public var kind: Kind { GatewayReaction(to: self).kind }
}
