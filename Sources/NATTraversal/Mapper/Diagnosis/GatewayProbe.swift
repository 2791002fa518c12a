/// Asks gateways what they offer, without leaving anything behind: all at once.
struct GatewayProbe {
    private let selection: GatewaySelection

    init(_ selection: GatewaySelection) { self.selection = selection }

    /// A report for each gateway, best first.
    func run() async throws -> [GatewayReport] {
        let candidates = try candidates()
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

    private struct Candidate: Sendable {
        var target: GatewayTarget
        var rank: Int
        var reason: String
        var interface: String?
    }

    private func candidates() throws -> [Candidate] {
        if selection.gateway != nil || selection.location != nil {
            return try selection.targets().map {
                Candidate(
                    target: $0, rank: 1, reason: "named by the user", interface: $0.interface)
            }
        }
        return try selection.candidates().map { gateway in
            Candidate(
                target: GatewayTarget(
                    socketAddress: gateway.socketAddress(port: GatewaySocket.port),
                    interface: gateway.interface),
                rank: gateway.rank, reason: gateway.reason, interface: gateway.interface)
        }
    }

    private func report(
        on candidate: Candidate, among targets: [GatewayTarget]
    ) async throws -> GatewayReport {
        let isIPv4 = candidate.target.socketAddress.address.family == .ipv4
        async let pcp = ask(candidate.target, by: .pcp)
        async let natpmp = isIPv4 ? ask(candidate.target, by: .natPMP) : nil
        async let upnp = isIPv4 ? askByUPnP(candidate.target, among: targets) : nil
        let (igd, device, warnings) = try await upnp ?? (nil, nil, [])
        let techniques = [try await pcp, try await natpmp, igd].compactMap(\.self)
        return GatewayReport(
            address: candidate.target.socketAddress.address, interface: candidate.interface,
            localAddress: try? candidate.target.link().local.address, rank: candidate.rank,
            reason: candidate.reason, techniques: techniques, device: device,
            warnings: warnings)
    }

    private func askByUPnP(
        _ target: GatewayTarget, among targets: [GatewayTarget]
    ) async throws -> (
        GatewayReport.TechniqueReport, GatewayReport.Device?, [MapperWarning]
    )? {
        guard selection.allows(.upnp) else { return nil }
        var report = GatewayReport.TechniqueReport(technique: .upnp, isAvailable: false)
        var device: GatewayReport.Device?
        var warnings: [MapperWarning] = []
        let start = ContinuousClock.now
        do {
            let table = try IGDTable(target, others: targets, budget: selection.budget())
            let (found, status) = try await table.connection()
            report.isAvailable = true
            report.roundTrip = start.duration(to: .now)
            device = GatewayReport.Device(found.device, status)
            warnings = table.warnings
            report.externalAddress = try await table.externalAddress().map(IPAddress.v4)
            if report.externalAddress == nil {
                report.problem = .noExternalAddress(gateway: target.name, technique: .upnp)
            }
        } catch let error as PortMapperError {
            report.problem = error
        }
        return (report, device, warnings)
    }

    private func ask(
        _ target: GatewayTarget, by technique: Technique
    ) async throws -> GatewayReport.TechniqueReport? {
        guard selection.allows(technique) else { return nil }
        var report = GatewayReport.TechniqueReport(technique: technique, isAvailable: false)
        let start = ContinuousClock.now
        do {
            // A socket each, so that neither takes the other's answer.
            let link = try target.link()
            if technique == .pcp {
                report.epochSeconds = try await PCPClient(link: link).announce(
                    budget: selection.budget())
            } else {
                let answer = try await NATPMPClient(link: link).addressAndEpoch(
                    budget: selection.budget())
                report.epochSeconds = answer.epochSeconds
                report.externalAddress = .v4(answer.address)
            }
            report.isAvailable = true
            report.roundTrip = start.duration(to: .now)
            if report.externalAddress?.isUnspecified == true {
                report.externalAddress = nil
                report.problem = .noExternalAddress(gateway: target.name, technique: technique)
            }
        } catch let error as PortMapperError {
            // The caller's mistake, and no answer of the gateway's.
            if case .noSuchInterface = error { throw error }
            report.problem = error
            if case .refused = error {
                report.isAvailable = true
                report.roundTrip = start.duration(to: .now)
            }
        }
        return report
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
