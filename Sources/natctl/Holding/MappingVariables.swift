import NATTraversal

/// The variables that COMMAND and hooks find a mapping in; what is not known is empty.
///
/// Only addresses, ports and words of our own: a shell reads them (T-7).
func mappingVariables(_ mapping: Mapping?) -> [String: String?] {
    [
        "NATCTL_TRANSPORT": mapping?.transport.rawValue ?? "",
        "NATCTL_INTERNAL_ADDRESS": mapping?.internalAddress.description ?? "",
        "NATCTL_INTERNAL_PORT": mapping?.internalPort.description ?? "",
        "NATCTL_EXTERNAL_ADDRESS": mapping?.externalAddress?.description ?? "",
        "NATCTL_EXTERNAL_PORT": mapping?.externalPort.description ?? "",
        "NATCTL_TECHNIQUE": mapping?.technique?.rawValue ?? "",
        "NATCTL_GATEWAY": mapping?.gateway.description ?? "",
        // Those of a hook that runs natctl again are not about this mapping.
        "NATCTL_EVENT": nil,
        "NATCTL_PREVIOUS_EXTERNAL_ADDRESS": nil,
        "NATCTL_PREVIOUS_EXTERNAL_PORT": nil,
        // Who reads it must be natctl alone.
        "NOTIFY_SOCKET": nil,
    ]
}

extension MapperEvent.Change {
    /// The variables of a hook: the mapping that the event is about, else the first there is, and
    /// over it what the event tells.
    func variables(first: Mapping?) -> [String: String?] {
        var variables = mappingVariables(mapping ?? first)
        variables["NATCTL_EVENT"] = name
        switch self {
        case .externalAddressChanged(let address, _):
            variables["NATCTL_EXTERNAL_ADDRESS"] = address?.description ?? ""
        case .gatewayChanged(let gateway, _):
            variables["NATCTL_GATEWAY"] = gateway?.description ?? ""
        case .gatewayRestarted(let gateway):
            variables["NATCTL_GATEWAY"] = gateway.description
        case .interfaceChanged(let place, _):
            variables["NATCTL_INTERNAL_ADDRESS"] = place?.address.description ?? ""
        case .changed(_, let previous):
            variables["NATCTL_PREVIOUS_EXTERNAL_ADDRESS"] =
                previous.externalAddress?.description ?? ""
            variables["NATCTL_PREVIOUS_EXTERNAL_PORT"] = previous.externalPort.description
        case .mapped, .renewed, .lost, .unmapped, .mappingFailed, .warning:
            break
        }
        return variables
    }
}
