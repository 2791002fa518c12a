import TestSupport
import Testing

@testable import NATTraversal

/// What a gateway of the tables grants, as far as rules look at it.
struct GrantShape: Sendable {
    /// The last octet of the gateway's address.
    var gateway: UInt8 = 1
    /// The last octet of the external address; `nil` where the answer does not tell it.
    var external: UInt8? = 1
    var internalPort: UInt16 = 8080
    var externalPort: UInt16 = 8080
    var technique = Technique.pcp
    /// The last octet of this host's address.
    var host: UInt8 = 10
    var lifetimeSeconds: UInt32 = 7200
    var isNew = false
    var warnings: [MapperWarning] = []

    static let noon = Timestamp(secondsSince1970: 1_795_348_800)

    /// The gateway's address, which is its name.
    static func gateway(_ number: UInt8) -> IPAddress {
        .v4(IPv4Address(rawValue: 0xC0A8_4D00 + UInt32(number)))
    }

    /// The external address that ends so.
    static func external(_ number: UInt8) -> IPAddress {
        .v4(IPv4Address(rawValue: 0x0B16_2100 + UInt32(number)))
    }

    static func target(_ number: UInt8) -> GatewayTarget {
        GatewayTarget(socketAddress: SocketAddress(gateway(number), port: GatewaySocket.port))
    }

    /// The grant of this shape, made at noon.
    func grant() throws -> HeldPort.Grant {
        let target = Self.target(gateway)
        let (internalPort, externalPort) = (
            try TestPort.number(internalPort), try TestPort.number(externalPort)
        )
        let lease = try Lease.sample { lease in
            lease.key.gateway = target.name
            lease.key.internalAddress = Self.gateway(host)
            lease.key.internalPort = internalPort
            lease.technique = technique
            lease.externalAddress = external.map(Self.external)
            lease.externalPort = externalPort
            lease.lifetimeSeconds = lifetimeSeconds
            lease.expiry = Self.noon.advanced(bySeconds: lifetimeSeconds)
        }
        return HeldPort.Grant(
            held: HeldMapping(
                mapping: lease.mapping(at: Self.noon), lease: lease, target: target),
            isNew: isNew, warnings: warnings)
    }
}

/// What listeners are told, by its name alone.
enum Told: Equatable, Sendable {
    case mapped, renewed, changed, lost, unmapped, mappingFailed, gatewayRestarted
    case address(IPAddress?, was: IPAddress?)

    init?(_ change: MapperEvent.Change?) {
        switch change {
        case .mapped?: self = .mapped
        case .renewed?: self = .renewed
        case .changed?: self = .changed
        case .lost?: self = .lost
        case .unmapped?: self = .unmapped
        case .mappingFailed?: self = .mappingFailed
        case .gatewayRestarted?: self = .gatewayRestarted
        case .externalAddressChanged(let new, let old)?: self = .address(new, was: old)
        case .gatewayChanged?, .interfaceChanged?, .warning?, nil: return nil
        }
    }
}

extension PortMapperError {
    static let silence = PortMapperError.noAnswer(gateway: .router, after: .seconds(3))

    static func refusal(_ code: Int, by technique: Technique = .pcp) -> PortMapperError {
        .refused(
            GatewayRefusal(gateway: .router, technique: technique, code: code, name: nil))
    }
}
