/// A gateway's no.
public struct GatewayRefusal: Error, Hashable, Sendable {
    /// Who said it.
    public var gateway: String
    /// How it was asked.
    public var technique: Technique
    /// The technique's own code: a PCP or NAT-PMP result, a UPnP error code.
    public var code: Int
    /// The code's name in the technique's document; `nil` for one that is not assigned.
    public var name: String?
    /// For how long the gateway will say it again, where it told (RFC 6887, section 7.2).
    public var lifetime: Duration?

    init(
        gateway: String, technique: Technique, code: Int, name: String?, lifetime: Duration? = nil
    ) {
        self.gateway = gateway
        self.technique = technique
        self.code = code
        self.name = name
        self.lifetime = lifetime
    }

    init(gateway: SocketAddress, pcp response: PCPResponse) {
        // 0 must not mean "ask again at once", and a day is no error's life: the clamp of
        // specs/pcp.md section 7.
        let lifetime = min(max(response.lifetimeSeconds, 30), 1800)
        self.init(
            gateway: gateway.address.description, technique: .pcp,
            code: Int(response.result.rawValue), name: response.result.name,
            lifetime: .seconds(Int64(lifetime)))
    }

    init(gateway: SocketAddress, natpmp result: NATPMPResult) {
        self.init(
            gateway: gateway.address.description, technique: .natPMP, code: Int(result.rawValue),
            name: result.name)
    }
}

extension GatewayRefusal {
    /// What natctl does about a no.
    enum Reaction: Hashable, Sendable {
        /// Ask for another external port, a few times.
        case anotherPort
        /// Ask again without what the request can do without.
        case plainRequest
        /// Ask by the next technique.
        case nextTechnique
        /// Ask by UPnP: a daemon that was switched off says so for PCP and NAT-PMP alike.
        case upnp
        /// Tell the user.
        case report
    }

    /// The one table of reactions, also in the manual.
    var reaction: Reaction {
        switch (technique, code) {
        case (.pcp, 2), (.natPMP, 2): .upnp
        case (.pcp, 1), (.pcp, 4), (.pcp, 9): .nextTechnique
        case (.pcp, 5), (.pcp, 6): .plainRequest
        case (.pcp, 11): .anotherPort
        // RouterOS says "out of resources" when it dislikes the suggested port (N-3).
        case (.natPMP, 4): .anotherPort
        case (.natPMP, 1), (.natPMP, 5): .nextTechnique
        case (.upnp, 401), (.upnp, 602), (.upnp, 501), (.upnp, 403): .nextTechnique
        default: .report
        }
    }

    /// The kinds of no that end a command differently (cli.md, exit codes).
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

    /// The name of a code that is an HTTP status.
    static let httpName = "HTTP"

    /// Which kind this one is.
    public var kind: Kind {
        switch (technique, code) {
        case (.pcp, 7), (.natPMP, 3): .noExternalAddress
        case (.pcp, 8), (.pcp, 10), (.pcp, 11), (.natPMP, 4): .noRoom
        case (.upnp, 603), (.upnp, 718), (.upnp, 728), (.upnp, 729): .noRoom
        case (.pcp, 1), (.natPMP, 1), (.natPMP, 5), (.pcp, 4): .unsupported
        // A missing password is no missing action.
        case (.upnp, 401) where name == Self.httpName: .denied
        case (.upnp, 401), (.upnp, 602): .unsupported
        default: .denied
        }
    }
}
