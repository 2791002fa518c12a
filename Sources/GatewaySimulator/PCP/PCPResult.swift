/// A refusal of RFC 6887, section 7.4.
struct PCPResult: Error, Equatable {
    var code: UInt8
    /// How long the client should not ask again, in seconds: 30 for what passes, else 1800.
    var lifetimeSeconds: UInt32
    /// Whether the lifetime stands whatever the errors of this gateway have.
    var hasOwnLifetime = false

    init(_ code: UInt8, lifetimeSeconds: UInt32? = nil) {
        self.code = code
        self.lifetimeSeconds = lifetimeSeconds ?? ([7, 8, 10].contains(code) ? 30 : 1800)
    }

    /// A refusal that the gateway was told to make.
    init(_ refusal: GatewayFaults.Refusal) {
        self.init(
            UInt8(truncatingIfNeeded: refusal.code), lifetimeSeconds: refusal.lifetimeSeconds)
        hasOwnLifetime = refusal.lifetimeSeconds != nil
    }

    static let unsupportedVersion = PCPResult(1)
    static let malformedRequest = PCPResult(3)
    static let unsupportedOpcode = PCPResult(4)
    static let unsupportedOption = PCPResult(5)
    static let malformedOption = PCPResult(6)
    static let noResources = PCPResult(8)
    static let unsupportedProtocol = PCPResult(9)
    static let cannotProvideExternal = PCPResult(11, lifetimeSeconds: 30)
    static let addressMismatch = PCPResult(12)

    /// The refusal to touch another's mapping, as long as that lasts (section 15.1).
    static func notAuthorized(for seconds: UInt32) -> PCPResult {
        PCPResult(2, lifetimeSeconds: seconds)
    }
}
