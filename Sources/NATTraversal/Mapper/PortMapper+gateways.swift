import Logging

extension PortMapper {
    /// Asks every gateway what it offers, all at once; nothing is mapped.
    ///
    /// - Returns: a report for each gateway, best first.
    /// - Throws: `PortMapperError` when there is no gateway, `CancellationError`.
    public func gateways() async throws -> [GatewayReport] {
        let candidates = try selection.rankedTargets()
        let reports = try await withThrowingTaskGroup(of: (Int, GatewayReport).self) { group in
            for (index, candidate) in candidates.enumerated() {
                group.addTask {
                    (index, try await report(on: candidate, among: candidates.map(\.target)))
                }
            }
            return try await group.reduce(into: [Int: GatewayReport]()) { $0[$1.0] = $1.1 }
        }
        return candidates.indices.compactMap { reports[$0] }
    }

    /// The address of the best gateway, without asking it.
    package func bestGateway() throws(PortMapperError) -> String {
        try selection.requireInterface()
        if selection.gateway != nil || selection.location != nil {
            return try selection.targets().first.map(Self.name) ?? ""
        }
        let best = try selection.candidates().first
        return best.map { GatewayAddress(hostOf: $0.socketAddress(port: 0)).description } ?? ""
    }

    private static func name(of target: GatewayTarget) -> String {
        GatewayAddress(hostOf: target.socketAddress).description
    }

    private func report(
        on candidate: RankedTarget, among targets: [GatewayTarget]
    ) async throws -> GatewayReport {
        let target = candidate.target
        var report = GatewayReport(
            address: target.name.address, zone: target.name.zone, port: target.name.port,
            interface: candidate.interface,
            localAddress: try? target.socket().local.address, rank: candidate.rank,
            reason: candidate.reason, techniques: [])
        if let remembered = memory?.record(of: target.name, at: .now) {
            log.debug("\(target.name), remembered: \(remembered.summary)")
        }
        let techniques = Technique.of(target.family).filter(selection.allows)
        let probes = try await withThrowingTaskGroup(of: (Technique, Probe).self) { group in
            for technique in techniques {
                group.addTask { (technique, try await probe(target, technique, targets)) }
            }
            return try await group.reduce(into: [Technique: Probe]()) { $0[$1.0] = $1.1 }
        }
        for probe in techniques.compactMap({ probes[$0] }) {
            report.techniques.append(probe.report)
            report.device = report.device ?? probe.device
            report.warnings += probe.warnings
        }
        switch report.diagnosis {
        case .doubleNAT?:
            let address = report.techniques.compactMap(\.externalAddress).first
            report.outerRouter = try await OuterRouterSearch(
                behind: target, externalAddress: address)?.find()
        case .noMappingService? where target.family == .ipv4 && selection.isBehindBridge([target]):
            report.warnings.append(.containerNetwork)
        default: break
        }
        return report
    }

    /// The result of asking by one technique.
    private struct Probe: Sendable {
        var report: GatewayReport.TechniqueReport
        var device: GatewayReport.Device?
        var warnings: [MapperWarning] = []
    }

    private func probe(
        _ target: GatewayTarget, _ technique: Technique, _ targets: [GatewayTarget]
    ) async throws -> Probe {
        var probe = Probe(report: .init(technique: technique, isAvailable: false))
        let start = ContinuousClock.now
        var (device, end) = (UPnPDevice?.none, ContinuousClock.Instant?.none)
        do {
            // Each has its own socket, so that neither takes the other's response.
            let session = try GatewaySession(
                target, others: targets, via: technique, isProbe: true, budget: selection.budget())
            let answer = try await session.technique(technique).probe(session.wholeLimit)
            device = answer.device?.device
            probe.report.isAvailable = true
            end = answer.answered
            probe.report.epochSeconds = answer.epochSeconds
            probe.report.externalAddress = answer.externalAddress
            if answer.tellsAddress, answer.externalAddress == nil {
                probe.report.problem = .noExternalAddress(
                    gateway: target.name, technique: technique)
            }
            probe.device = answer.device.map { GatewayReport.Device($0.device, $0.status) }
            if technique == .upnp { probe.warnings = session.upnp.warnings }
            if let device = answer.device?.device, device.hasCutText {
                probe.warnings.append(.truncatedTexts(of: device.location.host))
            }
        } catch let error as PortMapperError {
            // This is the caller's mistake, not the gateway's answer.
            if case .noSuchInterface = error { throw error }
            probe.report.problem = error
            if case .refused = error { probe.report.isAvailable = true }
        }
        if probe.report.isAvailable { probe.report.roundTrip = start.duration(to: end ?? .now) }
        // A recording is to show all that the gateway says of itself.
        if TrafficRecorder.current != nil { try await device?.readActions() }
        return probe
    }
}

extension GatewayReport.Device {
    fileprivate init(_ device: UPnPDevice, _ status: IGDStatus?) {
        friendlyName = device.friendlyName
        manufacturer = device.manufacturer
        modelName = device.modelName
        location = device.location.description
        connectionStatus = status?.text
        uptimeSeconds = status?.uptimeSeconds
    }
}
