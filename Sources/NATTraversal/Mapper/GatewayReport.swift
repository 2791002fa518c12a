/// What one gateway answers, and what that says about the way to the Internet.
public struct GatewayReport: Hashable, Sendable {
    /// What came of one technique.
    public struct TechniqueReport: Hashable, Sendable {
        /// How it was asked.
        public var technique: Technique
        /// Whether it answered in this technique.
        public var isAvailable: Bool
        /// From the first question to the answer; `nil` without one.
        public var roundTrip: Duration?
        /// The age of its mapping table in seconds, where it told.
        public var epochSeconds: UInt32?
        /// Its external address, where it told one; PCP tells it with a mapping only.
        public var externalAddress: IPAddress?
        /// Why there is no answer, or none that is good; `nil` when all is well.
        public var problem: PortMapperError?
    }

    /// What a gateway says of itself by UPnP.
    public struct Device: Hashable, Sendable {
        /// What a person called it.
        public var friendlyName: String?
        /// Who made it.
        public var manufacturer: String?
        /// What they call it.
        public var modelName: String?
        /// Where its description is.
        public var location: String
        /// The state of its connection, in the gateway's own words.
        public var connectionStatus: String?
        /// Since when it is connected, in seconds, where it tells.
        public var uptimeSeconds: UInt32?
    }

    /// The gateway's address.
    public var address: IPAddress
    /// The interface that leads to it; `nil` when the user named the gateway.
    public var interface: String?
    /// This host's address towards it; `nil` when there is no way to it.
    public var localAddress: IPAddress?
    /// Its place among the candidates, from 1.
    public var rank: Int
    /// Why it stands there.
    public var reason: String
    /// What it answers, best technique first.
    public var techniques: [TechniqueReport]
    /// What it says of itself by UPnP, every text of it foreign; `nil` when it does not.
    public var device: Device?
    /// What is to be said of that device, such as that it is not the gateway.
    public var warnings: [MapperWarning] = []

    /// The diagnosis; `nil` where the gateway speaks PCP alone, which tells no address unasked.
    public var diagnosis: Diagnosis? {
        guard techniques.contains(where: \.isAvailable) else { return .noMappingService }
        let addresses = techniques.compactMap(\.externalAddress)
        if Set(addresses).count > 1 { return .disagreement }
        if let address = addresses.first { return Diagnosis(externalAddress: address) }
        let hasNone = techniques.contains { report in
            switch report.problem {
            case .noExternalAddress: true
            case .refused(let refusal): refusal.kind == .noExternalAddress
            default: false
            }
        }
        return hasNone ? .noExternalAddress : nil
    }
}

/// How far a mapping on a gateway reaches.
@nonexhaustive
public enum Diagnosis: String, Hashable, Sendable {
    /// The external address can be reached from anywhere.
    case `public`
    /// It is private: another router is in front.
    case doubleNAT = "double-nat"
    /// It is the carrier's shared space, 100.64.0.0/10.
    case carrierNAT = "carrier-nat"
    /// It is any other that nobody outside can reach.
    case reserved
    /// The gateway has none.
    case noExternalAddress = "no-external-address"
    /// The gateway answers no technique.
    case noMappingService = "no-mapping-service"
    /// Its techniques tell different ones.
    case disagreement

    init(externalAddress: IPAddress) {
        self =
            switch externalAddress.scope {
            case .public: .public
            case .private: .doubleNAT
            case .shared: .carrierNAT
            case .unspecified: .noExternalAddress
            default: .reserved
            }
    }
}
