import NATTraversal

/// The `kind` of a JSON document: the command that printed it, or `event` for a line of one that
/// stays.
enum DocumentKind: String {
    case externalIP = "external-ip"
    case map, unmap, list
    case listInterfaces = "list-interfaces"
    case gateway
    /// The file of `gateway --report`.
    case gatewayReport = "gateway-report"
    case upnpScan = "upnp-scan"
    case upnpCall = "upnp-call"
    case watch
    case event

    /// The members that stay beside an error when nothing at all could be asked.
    var emptyMembers: [String: JSONValue] {
        switch self {
        case .map, .unmap, .list: ["mappings": [], "failures": [], "warnings": []]
        default: [:]
        }
    }
}
