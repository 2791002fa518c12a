/// UPnP for IPv6: the gateway's WANIPv6FirewallControl, which opens pinholes.
final class PinholeTechnique: UPnPTechnique {
    private let target: GatewayTarget

    init(_ target: GatewayTarget, _ socket: GatewaySocket) { self.target = target }

    let search: any RivalSearch = NoSearch()
    var device: UPnPDevice? { nil }
    var warnings: [MapperWarning] { [] }
    var problem: PortMapperError? { nil }
    var moveCount: Int { 0 }
    func forget() {}
    func begin() {}

    private var unsupported: PortMapperError {
        .unsupported(gateway: GatewayAddress(hostOf: target.socketAddress), technique: .upnp)
    }

    func probe(_ limit: AskLimit) async throws -> TechniqueProbe { throw unsupported }

    func externalAddress(_ limit: AskLimit) async throws -> IPAddress? { throw unsupported }

    func map(
        _ attempts: [MappingAttempt], _ limit: AskLimit,
        recording record: (_ position: Int, _ port: PortNumber) async throws -> Void
    ) async throws -> [TechniqueAnswer] {
        attempts.map { _ in TechniqueAnswer(result: .failure(unsupported), wasSent: false) }
    }

    func withdraw(_ attempt: MappingAttempt) {}

    func delete(
        _ leases: [Lease], _ limit: AskLimit
    ) async throws -> [Result<Removal, PortMapperError>] {
        leases.map { _ in .failure(unsupported) }
    }
}

/// Finds nothing.
private struct NoSearch: RivalSearch {
    func search(until deadline: ContinuousClock.Instant) async {}
    var isReady: Bool { false }
    var hasHeard: Bool { false }
}
