/// How one gateway answers, and what that reveals about the path to the Internet.
public struct GatewayReport: Hashable, Sendable {
    /// The result of asking by one technique.
    public struct TechniqueReport: Hashable, Sendable {
        /// The technique.
        public var technique: Technique
        /// Whether the gateway answered by this technique.
        public var isAvailable: Bool
        /// From the first question to the answer; `nil` without one.
        public var roundTrip: Duration?
        /// The age of its mapping table in seconds, if reported.
        public var epochSeconds: UInt32?
        /// Its external address, if reported; PCP reports it with a mapping, and some servers with a
        /// refusal.
        public var externalAddress: IPAddress?
        /// Why there is no usable answer; `nil` when all is well.
        public var problem: PortMapperError?
    }

    /// How a gateway describes itself by UPnP.
    public struct Device: Hashable, Sendable {
        /// The name its owner gave it.
        public var friendlyName: String?
        /// Its manufacturer.
        public var manufacturer: String?
        /// Its model.
        public var modelName: String?
        /// The URL of its description.
        public var location: String
        /// The state of its connection, in the gateway's own words.
        public var connectionStatus: String?
        /// How long it has been connected, in seconds, if reported.
        public var uptimeSeconds: UInt32?
    }

    /// The gateway's address.
    public var address: IPAddress
    /// The interface of a link-local address, which means nothing without.
    public var zone: String?
    /// The port of PCP and NAT-PMP, if not 5351.
    public var port: PortNumber?
    /// The interface that leads to it; `nil` when the user named the gateway.
    public var interface: String?
    /// This host's address towards it, for an IPv6 gateway the one that would be opened; `nil` when
    /// there is no route to it, or no such address.
    public var localAddress: IPAddress?
    /// Its place among the candidates, from 1.
    public var rank: Int
    /// Why it has this rank.
    public var reason: String
    /// Its answers, best technique first.
    public var techniques: [TechniqueReport]
    /// How it describes itself by UPnP, all of it untrusted text; `nil` when it does not.
    public var device: Device?
    /// The router in front of a gateway in a double NAT, if it has shown itself.
    public var outerRouter: IPAddress?
    /// What the user should know about that device, such as that it is not the gateway.
    public var warnings: [MapperWarning] = []

    /// The gateway as mappings and errors name it: with its zone, and its port if that is not 5351.
    public var name: GatewayAddress { GatewayAddress(address, zone: zone, port: port) }

    /// The diagnosis; `nil` when the gateway speaks only PCP, which reports no address in a probe,
    /// and when a technique was found that gave no usable answer.
    public var diagnosis: Diagnosis? {
        guard techniques.contains(where: \.isAvailable) else {
            return techniques.contains { $0.problem?.showsUnusedService == true }
                ? nil : .noMappingService
        }
        // Nothing is translated in IPv6.
        if address.family == .ipv6 {
            return localAddress.map(Diagnosis.init(externalAddress:)) ?? .noExternalAddress
        }
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

extension PortMapperError {
    /// Whether the gateway offers a technique of which nothing more came to be known.
    fileprivate var showsUnusedService: Bool {
        switch self {
        case .noAnswer(_, let technique, _): technique != nil
        case .badAnswer: true
        default: false
        }
    }
}

/// From where a mapping on a gateway can be reached.
@nonexhaustive
public enum Diagnosis: String, Hashable, Sendable {
    /// The external address can be reached from anywhere.
    case `public`
    /// The external address is private: another router is in front.
    case doubleNAT = "double-nat"
    /// The external address is from the carrier's shared space, 100.64.0.0/10.
    case carrierNAT = "carrier-nat"
    /// The external address cannot be reached from the Internet for another reason.
    case reserved
    /// The gateway has no external address.
    case noExternalAddress = "no-external-address"
    /// The gateway answers by no technique.
    case noMappingService = "no-mapping-service"
    /// Its techniques report different addresses.
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
