import ArgumentParser
import NATTraversal

/// What `gateway --report` writes: what it has found, and every packet that led to it, with whatever
/// identifies a person or a device masked (T-13).
struct GatewayRecording {
    var selection: GatewaySelection
    var found: GatewayOutput
    var conversations: [Conversation]

    /// The members of the document; `version` and `kind` are added.
    var document: [String: JSONValue] {
        let hosts = found.reports.map(\.address) + [selection.location?.host].compactMap(\.self)
        let (conversations, otherDevices) = conversations.withGateways(hosts)
        var mask = TrafficMask()
        let masked = mask.conversations(conversations)
        return [
            "natctl": .string(NATCtl.configuration.version),
            "asked": [
                "technique": JSONValue(selection.technique?.rawValue),
                "gateway": JSONValue(selection.gateway?.description).masked(by: &mask),
                "location": JSONValue(selection.location?.description).masked(by: &mask),
                "timeout": selection.timeout.map { .number($0 / .seconds(1)) } ?? .null,
            ],
            "gateways": .array(found.reports.map { $0.document.masked(by: &mask) }),
            "warnings": .array(found.warnings.map { $0.document.masked(by: &mask) }),
            "conversations": .array(masked.map(\.document)),
            "otherDevices": JSONValue(otherDevices),
        ]
    }
}

extension JSONValue {
    /// The value with its texts masked.
    fileprivate func masked(by mask: inout TrafficMask) -> JSONValue {
        switch self {
        case .null, .bool, .integer, .wideInteger, .number: return self
        case .string(let text): return .string(mask.patterns(text))
        case .array(let elements): return .array(elements.map { $0.masked(by: &mask) })
        case .object(var members):
            for name in members.keys.sorted() {
                if name == "friendlyName", let text = members[name]?.string {
                    members[name] = .string(mask.name(text))
                } else {
                    members[name] = members[name]?.masked(by: &mask)
                }
            }
            return .object(members)
        }
    }
}
