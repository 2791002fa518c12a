import NATTraversal

/// What `list` prints: a table for each gateway.
struct MappingListOutput: CommandOutput {
    let kind = DocumentKind.list
    var report: MappingReport
    /// The gateways that this host cannot ask now.
    var absentGateways: Set<GatewayAddress> = []

    private var base: MappingOutput { MappingOutput(kind: kind, report: report) }

    func lines(on page: Page) -> [StyledLine] {
        if report.mappings.isEmpty { return [] }
        let groups = groups
        let hasPeer = report.mappings.contains { $0.remoteHost != nil }
        let titles =
            ["", "PROTO", "INTERNAL", "EXTERNAL"] + (hasPeer ? ["PEER"] : [])
            + ["VIA", "LEFT", "DESCRIPTION"]
        var rows = aligned(
            [titles.map { StyledLine($0, .heading) }]
                + groups.flatMap(\.mappings).map {
                    $0.cells(hasPeer: hasPeer, limit: page.characterLimit)
                })
        if groups.count == 1, !absentGateways.contains(groups[0].gateway) { return rows }
        var lines = [rows.removeFirst()]
        for group in groups {
            lines.append(heading(of: group.gateway))
            lines += rows.prefix(group.mappings.count)
            rows.removeFirst(group.mappings.count)
        }
        return lines
    }

    var quietLines: [String] { base.quietLines }
    var document: [String: JSONValue] { base.document }
    var warnings: [MapperWarning] { base.warnings }
    var failures: [PortMapperError] { base.failures }
    var failureMessages: [String] { base.failureMessages }
    var remarks: [String] {
        report.mappings.isEmpty && report.failures.isEmpty ? [noMappings] : []
    }

    private typealias Group = (gateway: GatewayAddress, mappings: [Mapping])

    /// The mappings by gateway, those of absent ones at the end.
    private var groups: [Group] {
        var groups: [Group] = []
        for mapping in report.mappings {
            if let index = groups.firstIndex(where: { $0.gateway == mapping.gateway }) {
                groups[index].mappings.append(mapping)
            } else {
                groups.append((mapping.gateway, [mapping]))
            }
        }
        return groups.filter { !absentGateways.contains($0.gateway) }
            + groups.filter { absentGateways.contains($0.gateway) }
    }

    private func heading(of gateway: GatewayAddress) -> StyledLine {
        absentGateways.contains(gateway)
            ? StyledLine("gateway \(gateway), not present; these leases expire", .warning)
            : StyledLine("gateway \(gateway)", .heading)
    }
}

extension Mapping {
    /// The row of a table; a star marks natctl's own.
    fileprivate func cells(hasPeer: Bool, limit: Int?) -> [StyledLine] {
        [
            StyledLine(isMine ? "*" : "", .good), StyledLine(transport.rawValue),
            StyledLine(internalEndpoint), StyledLine(externalEndpoint, isMine ? .good : .plain),
        ] + (hasPeer ? [StyledLine(remoteHost?.description ?? "any")] : []) + [
            StyledLine(technique?.rawValue ?? "-"), StyledLine(lifetimeText),
            StyledLine(description.map { displayed($0, limit: limit) } ?? "", .secondary),
        ]
    }
}
