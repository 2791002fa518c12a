import NATTraversal

/// What `upnp-scan` has found; its lines are shown as the devices answer.
struct UPnPScanOutput: CommandOutput {
    let kind = DocumentKind.upnpScan

    /// A device; the actions of its services are shown where they were read.
    struct Row {
        var device: UPnPDevice
    }

    var rows: [Row]
    /// How many answers were passed over.
    var ignored: Int
    /// How long was searched; `nil` where a description was read instead.
    var searchTime: Duration?

    func lines(on page: Page) -> [StyledLine] { [] }
    var quietLines: [String] { [] }

    var warnings: [MapperWarning] {
        let devices = rows.map(\.device)
        return devices.filter(\.isRepointed).map { .repointedLocation($0.location) }
            + devices.filter(\.hasCutText).map { .truncatedTexts(of: $0.location.host) }
            + (ignored > 0 ? [.truncatedAnswers(ignored)] : [])
    }

    var remarks: [String] {
        rows.isEmpty ? searchTime.map { [noDevices(within: $0)] } ?? [] : []
    }

    var document: [String: JSONValue] {
        [
            "devices": .array(rows.map(\.document)),
            "warnings": .array(warnings.map(\.document)),
        ]
    }
}

extension UPnPScanOutput.Row {
    /// The device's names and where its description is, then its services, each with the actions
    /// that were read.
    ///
    /// Texts of the device stand in quotes (T-7), and its location is on every first line.
    func lines(on page: Page) -> [StyledLine] {
        let names = displayedNames(
            device.friendlyName, manufacturer: device.manufacturer, modelName: device.modelName,
            limit: page.characterLimit)
        let title =
            StyledLine(names.first ?? "", .heading)
            + StyledLine(names.dropFirst().map { "  \($0)" }.joined())
        let location = StyledLine(device.location.zonedDescription, .secondary)
        let problem = StyledLine(device.problem?.sentence ?? "", .warning, hang: 4)
        return [[title, location].joined(separator: "  ").hanging(4)]
            + (problem.isEmpty ? [] : [("    " + problem).hanging(4)])
            + device.services.flatMap { service in
                ["    \(plain(service.shortType))"] + service.actionLines
            }
    }

    /// A member of `devices`.
    var document: JSONValue {
        let services = device.services.map(\.document)
        return [
            "location": .string(device.location.zonedDescription),
            "server": JSONValue(device.server),
            "usn": JSONValue(device.usn), "friendlyName": JSONValue(device.friendlyName),
            "manufacturer": JSONValue(device.manufacturer),
            "modelName": JSONValue(device.modelName), "deviceType": JSONValue(device.deviceType),
            "udn": JSONValue(device.udn), "services": .array(services),
        ]
    }
}

extension UPnPService {
    fileprivate var actionLines: [StyledLine] {
        (knownActions ?? []).map { action in
            let inputs = action.inputs.map { plain($0.name) }.joined(separator: ", ")
            let outputs = action.outputs.map { plain($0.name) }.joined(separator: ", ")
            return StyledLine(
                "        \(plain(action.name))(\(inputs))"
                    + (outputs.isEmpty ? "" : " -> \(outputs)"), hang: 12)
        }
    }

    /// Name and version, `WANIPConnection:1`; the whole type where it is none.
    fileprivate var shortType: String {
        UPnPType(type).map { "\($0.name):\($0.version)" } ?? type
    }

    fileprivate var document: JSONValue {
        [
            "type": .string(type), "id": JSONValue(identifier), "controlURL": control.document,
            "eventURL": event.document, "scpdURL": scpd.document,
            "refused": JSONValue(control.refusal?.rawValue),
            "actions": knownActions.map { .array($0.map(\.document)) } ?? .null,
        ]
    }
}

extension ServiceURL {
    /// Absolute, or as the description spells it when it is refused.
    fileprivate var document: JSONValue {
        switch self {
        case .url(let url): .string(url.zonedDescription)
        case .refused(let text, .missing): text.isEmpty ? .null : .string(text)
        case .refused(let text, _): .string(text)
        }
    }
}

extension UPnPAction {
    fileprivate var document: JSONValue {
        [
            "name": .string(name), "in": .array(inputs.map { .string($0.name) }),
            "out": .array(outputs.map { .string($0.name) }),
        ]
    }
}
