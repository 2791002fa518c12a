import NATTraversal

/// What `gateway` prints.
struct GatewayOutput: CommandOutput {
    let kind = DocumentKind.gateway
    var reports: [GatewayReport]
    /// Whether to draw the path, and to cut long texts, for a terminal.
    var isPicture = false

    var lines: [String] {
        reports.flatMap { report in
            isPicture ? report.picture : [report.heading] + report.rows
        }
    }
    var quietLines: [String] { reports.prefix(1).map(\.address.description) }
    var warnings: [MapperWarning] {
        reports.flatMap { report in
            report.techniques.compactMap(\.externalAddress).prefix(1).flatMap {
                MapperWarning.about(
                    externalAddress: $0, gateway: report.address, outer: report.outerRouter)
            } + report.warnings
        }
    }
    var document: [String: JSONValue] {
        [
            "gateways": .array(reports.map(\.document)),
            "warnings": .array(warnings.map(\.document)),
        ]
    }

    /// The same without what a stranger need not know (T-13).
    var masked: GatewayOutput {
        var copy = self
        for report in copy.reports.indices {
            // People put their own names into it.
            copy.reports[report].device?.friendlyName = nil
            copy.reports[report].device?.maskLocation()
            copy.reports[report].outerRouter?.mask()
            for technique in copy.reports[report].techniques.indices {
                copy.reports[report].techniques[technique].externalAddress?.mask()
            }
        }
        return copy
    }
}

extension GatewayReport {
    fileprivate var heading: String {
        "\(rank). \(address)" + (interface.map { " by \(plain($0))" } ?? "")
            + (localAddress.map { ", from \($0)" } ?? "") + ": \(reason)"
    }

    fileprivate var rows: [String] {
        techniques.map { "   \($0.row)" }
            + (device.map { ["   device   \($0.line(limit: nil))"] } ?? [])
            + ["   diagnosis: \(diagnosis?.rawValue ?? "unknown")"]
    }

    fileprivate var picture: [String] {
        let outside = techniques.compactMap(\.externalAddress).first?.description ?? "?"
        return [
            "this host  \(localAddress?.description ?? "?")"
                + (interface.map { "  \(plain($0))" } ?? ""),
            "   |",
            "gateway    \(address)  \(rank): \(reason)",
        ] + techniques.map { "   |       \($0.row)" }
            + (device.map { ["   |       \($0.line(limit: characterLimit))"] } ?? []) + [
                "   |", "outside    \(outside)  \(diagnosis?.rawValue ?? "unknown")", "",
            ]
    }

    fileprivate var document: JSONValue {
        [
            "address": .string(address.description),
            "interface": JSONValue(interface),
            "localAddress": JSONValue(localAddress?.description),
            "rank": JSONValue(rank),
            "reason": .string(reason),
            "techniques": .array(techniques.map(\.document)),
            "device": device?.document ?? .null,
            "outerRouter": JSONValue(outerRouter?.description),
            "diagnosis": JSONValue(diagnosis?.rawValue),
        ]
    }
}

extension GatewayReport.Device {
    /// Its path may hold an identifier of the device (T-13).
    fileprivate mutating func maskLocation() {
        location = location.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//")
    }

    fileprivate func line(limit: Int?) -> String {
        let names = displayedNames(
            friendlyName, manufacturer: manufacturer, modelName: modelName, limit: limit)
        let state = [
            connectionStatus.map { displayed($0, limit: limit) },
            uptimeSeconds.map { "for \($0) s" },
        ].compactMap(\.self)
        return (names + state).joined(separator: ", ")
    }

    fileprivate var document: JSONValue {
        [
            "friendlyName": JSONValue(friendlyName), "manufacturer": JSONValue(manufacturer),
            "modelName": JSONValue(modelName), "location": .string(location),
            "connectionStatus": JSONValue(connectionStatus), "uptime": JSONValue(uptimeSeconds),
        ]
    }
}

extension GatewayReport.TechniqueReport {
    private var milliseconds: Double? {
        roundTrip.map { ($0 / .microseconds(10)).rounded() / 100 }
    }

    fileprivate var row: String {
        let name = technique.displayName
        let head = name + String(repeating: " ", count: max(1, 9 - name.count))
        if case .noAnswer(_, _, let time)? = problem, !isAvailable {
            return head + "unknown: no answer within \(durationText(time))"
        }
        guard isAvailable else { return head + "no: \(problem?.userMessage ?? "unknown")" }
        let facts = [
            "yes", milliseconds.map { "\($0) ms" }, epochSeconds.map { "epoch \($0) s" },
            externalAddress?.description, problem?.userMessage,
        ]
        return head + facts.compactMap(\.self).joined(separator: ", ")
    }

    fileprivate var document: JSONValue {
        [
            "technique": .string(technique.rawValue),
            "available": .bool(isAvailable),
            "roundTripMilliseconds": milliseconds.map(JSONValue.number) ?? .null,
            "epoch": JSONValue(epochSeconds),
            "externalAddress": JSONValue(externalAddress?.description),
            "scope": JSONValue(externalAddress?.scope.rawValue),
            "detail": JSONValue(problem?.userMessage),
        ]
    }
}

extension IPAddress {
    /// Keeps what tells the kind of address and drops what tells whose it is.
    fileprivate mutating func mask() {
        switch self {
        case .v4(let address):
            self = .v4(IPv4Address(rawValue: address.rawValue & 0xFFFF_0000))
        case .v6(let address):
            self = .v6(IPv6Address(rawValue: address.rawValue & ~UInt128(0) << 96))
        }
    }
}
