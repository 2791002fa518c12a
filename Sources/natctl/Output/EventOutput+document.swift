import NATTraversal

extension MapperEvent {
    /// What the document has beside `version`, `event` and `at`.
    var members: [String: JSONValue] {
        var members = change.members
        if let mapping = change.mapping {
            members["mapping"] = mapping.document
            members["assignments"] = .array(assignments.map(\.document))
        }
        return members
    }
}

extension MapperEvent.Change {
    fileprivate var members: [String: JSONValue] {
        switch self {
        case .mapped, .renewed, .unmapped:
            [:]
        case .changed(_, let previous):
            ["previous": previous.document]
        case .lost(_, let error):
            ["error": error.document]
        case .externalAddressChanged(let address, let previous):
            [
                "address": JSONValue(address?.description),
                "previous": JSONValue(previous?.description),
            ]
        case .gatewayRestarted(let gateway):
            ["gateway": .string(gateway.description), "previous": .string(gateway.description)]
        case .gatewayChanged(let gateway, let previous):
            [
                "gateway": JSONValue(gateway?.description),
                "previous": JSONValue(previous?.description),
            ]
        case .interfaceChanged(let place, let previous):
            place.members.merging(["previous": previous.map { .object($0.members) } ?? .null]) {
                first, _ in first
            }
        case .mappingFailed, .warning:
            warning?.document.object ?? [:]
        }
    }
}

extension PortAssignment {
    fileprivate var document: JSONValue {
        [
            "transport": .string(transport.rawValue), "address": .string(address.description),
            "port": JSONValue(port.rawValue), "technique": JSONValue(technique?.rawValue),
        ]
    }
}

extension NetworkPlace {
    fileprivate var members: [String: JSONValue] {
        ["interface": JSONValue(interface), "address": .string(address.description)]
    }
}

extension NetworkPlace? {
    fileprivate var members: [String: JSONValue] {
        self?.members ?? ["interface": .null, "address": .null]
    }
}
