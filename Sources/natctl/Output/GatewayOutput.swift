import NATTraversal

/// What `gateway` prints.
struct GatewayOutput: CommandOutput {
    let kind = DocumentKind.gateway
    var reports: [GatewayReport]
    /// The file of `--report`, where it could not be written.
    var unwritten: (path: String, cause: SystemError)?

    func lines(on page: Page) -> [StyledLine] {
        reports.enumerated().flatMap { index, report in
            guard page.isTerminal else { return [report.heading] + report.rows }
            return (index > 0 ? [""] : []) + report.picture(among: reports.count, on: page)
        }
    }
    var quietLines: [String] { reports.prefix(1).map(\.name.description) }
    var warnings: [MapperWarning] {
        reports.flatMap { report in
            let addresses = report.techniques.compactMap(\.externalAddress)
            let warnings = addresses.flatMap {
                MapperWarning.about(
                    externalAddress: $0, gateway: report.address, outer: report.outerRouter)
            }
            return warnings.withDisagreement(of: addresses) + report.warnings
        }
    }
    var failures: [PortMapperError] { unwritten.map { [.system($0.cause)] } ?? [] }

    /// The file is its only failure: any diagnosis is success.
    func message(about failure: PortMapperError) -> String {
        unwritten.map { unwritable(displayed($0.path, limit: nil), $0.cause) }
            ?? failure.userMessage
    }
    /// The sentence below the picture says what the address means.
    func tells(_ warning: MapperWarning, on page: Page) -> Bool {
        guard page.isTerminal else { return false }
        return switch warning {
        case .doubleNAT, .carrierNAT, .reservedAddress, .noExternalAddress, .disagreement: true
        default: false
        }
    }
    var document: [String: JSONValue] {
        [
            "gateways": .array(reports.map(\.document)),
            "warnings": .array(warnings.map(\.document)),
        ]
    }
}

extension GatewayReport {
    fileprivate var heading: StyledLine {
        StyledLine("\(rank). \(name)", .heading, hang: 3)
            + StyledLine(
                (interface.map { " by \(plain($0))" } ?? "")
                    + (localAddress.map { ", from \($0)" } ?? "") + ": \(reason)")
    }

    fileprivate var rows: [StyledLine] {
        techniques.map { "   " + $0.row }
            + (device.map { ["   device   \($0.line(limit: nil))"] } ?? [])
            + ["   diagnosis: \(diagnosis?.rawValue ?? "unknown")"]
    }

    private var externalAddress: IPAddress? { techniques.compactMap(\.externalAddress).first }

    /// The path from this host to the Internet, and what it means.
    fileprivate func picture(among count: Int, on page: Page) -> [StyledLine] {
        let wire = StyledLine(page.isUTF8 ? "    │" : "    |", .secondary)
        let place = [localAddress?.description, interface.map(plain)].compactMap(\.self)
        let names = device.map {
            displayedNames(
                $0.friendlyName, manufacturer: $0.manufacturer, modelName: $0.modelName,
                limit: page.characterLimit)
        }
        let disagree = diagnosis == .disagreement
        let facts =
            techniques.map { $0.pictureRow(withAddress: disagree) }
            + (device?.state(limit: page.characterLimit).map { [StyledLine("line     \($0)")] }
                ?? [])
            + ((disagree ? nil : externalAddress).map {
                ["external address \($0), \($0.scope.rawValue)"]
            } ?? [])
        let node = { (name: String, text: String) in
            StyledLine(name, .heading, hang: 12)
                + StyledLine(
                    text.isEmpty ? "" : String(repeating: " ", count: 12 - name.count) + text)
        }
        var lines = [
            node(
                "this host",
                place.isEmpty ? "no route to the gateway" : place.joined(separator: ", ")),
            wire,
            node("gateway", ([name.description] + (names ?? [])).joined(separator: "  "))
                + StyledLine(count > 1 ? "  \(rank): \(reason)" : "", .secondary),
        ]
        lines += facts.map { (wire + "       " + $0).hanging(21) }
        lines.append(wire)
        if let obstacle = diagnosis?.obstacle {
            lines += [node(obstacle, outerRouter?.description ?? ""), wire]
        }
        lines.append(node("Internet", ""))
        return lines + ["", StyledLine(meaning.text, meaning.tone)]
    }

    /// The report as the command's document and the file of `--report` hold it.
    var document: JSONValue {
        [
            "address": .string(name.description),
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
    fileprivate func line(limit: Int?) -> String {
        let names = displayedNames(
            friendlyName, manufacturer: manufacturer, modelName: modelName, limit: limit)
        return (names + [state(limit: limit)].compactMap(\.self)).joined(separator: ", ")
    }

    /// What it says of its line, and for how long; `nil` when it says nothing.
    fileprivate func state(limit: Int?) -> String? {
        let state = [
            connectionStatus.map { displayed($0, limit: limit) },
            uptimeSeconds.map { "for \(durationText(.seconds(Int64($0))))" },
        ].compactMap(\.self)
        return state.isEmpty ? nil : state.joined(separator: " ")
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

    private var head: String { technique.displayName.padded(to: 9) }

    /// For a program or a file: yes, no or refuses, and the whole sentence.
    fileprivate var row: StyledLine {
        let verdict = verdict
        let facts = [
            milliseconds.map { "\($0) ms" }, epochSeconds.map { "epoch \($0) s" },
            externalAddress?.description,
        ].compactMap(\.self)
        var line = StyledLine(head, hang: 12) + StyledLine(verdict.state.rawValue, verdict.tone)
        line += StyledLine((facts.isEmpty ? "" : ", ") + facts.joined(separator: ", "))
        if let problem { line += StyledLine(": \(problem.userMessage)") }
        return line
    }

    /// For a person at a terminal: two or three words, and the address where that matters.
    fileprivate func pictureRow(withAddress: Bool) -> StyledLine {
        let verdict = verdict
        let time = roundTrip.map { ", \(millisecondsText($0))" } ?? ""
        let address = (withAddress ? externalAddress : nil).map { "  \($0)" } ?? ""
        return StyledLine(head) + StyledLine(verdict.words, verdict.tone)
            + StyledLine(time, .secondary) + StyledLine(address)
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

extension String {
    /// With blanks behind it, at least one, up to this width.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
