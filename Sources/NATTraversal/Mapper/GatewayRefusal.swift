/// A gateway's refusal, with its own code and text.
public struct GatewayRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The gateway that refused.
    public var gateway: GatewayAddress
    /// The technique it was asked by.
    public var technique: Technique
    /// The technique's own code: a PCP or NAT-PMP result, a UPnP error code.
    public var code: Int
    /// The code's name in the technique's specification; `nil` for an unassigned code.
    public var name: String?
    /// How long the gateway expects to refuse, if it said so (RFC 6887, section 7.2).
    public var lifetime: Duration?
    /// The gateway's external address, which some PCP servers tell with their refusals.
    public var externalAddress: IPAddress?

    init(
        gateway: GatewayAddress, technique: Technique, code: Int, name: String?,
        lifetime: Duration? = nil, externalAddress: IPAddress? = nil
    ) {
        self.gateway = gateway
        self.technique = technique
        self.code = code
        self.name = name
        self.lifetime = lifetime
        self.externalAddress = externalAddress
    }

    init(gateway: GatewayAddress, pcp response: PCPResponse, externalAddress: IPAddress? = nil) {
        // 0 must not mean "ask again at once", and a day is too long for an error (RFC 6887,
        // section 7.4, leaves the numbers to the client).
        let lifetime = min(max(response.lifetimeSeconds, 30), 1800)
        self.init(
            gateway: gateway, technique: .pcp, code: Int(response.result.rawValue),
            name: response.result.name, lifetime: .seconds(Int64(lifetime)),
            externalAddress: externalAddress)
    }

    init(gateway: GatewayAddress, natpmp result: NATPMPResult) {
        self.init(
            gateway: gateway, technique: .natPMP, code: Int(result.rawValue), name: result.name)
    }
}

extension GatewayRefusal {
    /// The kinds of refusal, each with its own exit code (natctl(1), EXIT STATUS).
    @nonexhaustive
    public enum Kind: Hashable, Sendable {
        /// The port is taken, or the gateway's table is full.
        case noRoom
        /// The gateway itself has no external address.
        case noExternalAddress
        /// The gateway does not offer the technique or the operation.
        case unsupported
        /// A matter of policy, permission, or missing ability.
        case denied
    }

    /// Who refused, by what code; the gateway's own words are left out.
    public var description: String {
        "\(gateway) refused (\(technique.displayName) \(name ?? "code") \(code))"
    }

    /// The name of a code that is an HTTP status.
    static let httpName = "HTTP"

    /// Whether PCP's NOT_AUTHORIZED was answered, to a delete mostly for the sake of its nonce.
    var isNotAuthorized: Bool {
        technique == .pcp && code == Int(PCPResult.notAuthorized.rawValue)
    }

    /// The external address behind which the gateway maps nothing, because nobody outside can reach
    /// it; `nil` when that is not why it refused, or it did not tell.
    public var unreachableAddress: IPAddress? {
        guard kind == .noExternalAddress, let externalAddress, externalAddress.scope != .public
        else { return nil }
        return externalAddress
    }

    /// The kind of this refusal.
    public var kind: Kind { GatewayReaction(to: self).kind }
}
