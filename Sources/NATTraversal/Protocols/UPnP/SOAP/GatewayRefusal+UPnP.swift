extension GatewayRefusal {
    /// A fault of a service of this type.
    init(gateway: GatewayAddress, code: Int32, service: UPnPType?) {
        self.init(
            gateway: gateway, technique: .upnp, code: Int(code),
            name: UPnPErrorName.of(code, service: service))
    }
}

/// The names of UPnP's error codes.
///
/// Below 700 they belong to the architecture (UDA 1.1, section 3.2.2); from 700 on each service has
/// its own, so the same number means different things.
enum UPnPErrorName {
    /// The name of `code` when a service of this type says it; `nil` for one that is not assigned.
    static func of(_ code: Int32, service: UPnPType?) -> String? {
        if code < 700 { return architecture[code] }
        guard let service else { return nil }
        switch service.name {
        case "WANIPConnection", "WANPPPConnection": return connection[code]
        case "WANIPv6FirewallControl": return pinhole[code]
        case "Layer3Forwarding": return forwarding[code]
        default: return nil
        }
    }

    private static let architecture: [Int32: String] = [
        401: "InvalidAction", 402: "InvalidArgs", 404: "InvalidVar", 501: "ActionFailed",
        600: "ArgumentValueInvalid", 601: "ArgumentValueOutOfRange",
        602: "OptionalActionNotImplemented", 603: "OutOfMemory", 604: "HumanInterventionRequired",
        605: "StringArgumentTooLong", 606: "ActionNotAuthorized", 607: "SignatureFailure",
        608: "SignatureMissing", 609: "NotEncrypted", 610: "InvalidSequence",
        611: "InvalidControlURL", 612: "NoSuchSession",
    ]

    /// WANIPConnection:2, table 2-15, with those of version 1.
    private static let connection: [Int32: String] = [
        702: "ValueSpecifiedIsInvalid", 703: "InactiveConnectionStateRequired",
        704: "ConnectionSetupFailed", 705: "ConnectionSetupInProgress",
        706: "ConnectionNotConfigured", 707: "DisconnectInProgress", 708: "InvalidLayer2Address",
        709: "InternetAccessDisabled", 710: "InvalidConnectionType",
        711: "ConnectionAlreadyTerminated", 712: "NullValueAtSpecifiedArrayIndex",
        713: "SpecifiedArrayIndexInvalid", 714: "NoSuchEntryInArray",
        715: "WildCardNotPermittedInSrcIP", 716: "WildCardNotPermittedInExtPort",
        718: "ConflictInMappingEntry", 719: "ActionDisallowedWhenAutoConfigEnabled",
        724: "SamePortValuesRequired", 725: "OnlyPermanentLeasesSupported",
        726: "RemoteHostOnlySupportsWildcard", 727: "ExternalPortOnlySupportsWildcard",
        728: "NoPortMapsAvailable", 729: "ConflictWithOtherMechanisms", 730: "PortMappingNotFound",
        731: "ReadOnly", 732: "WildCardNotPermittedInIntPort", 733: "InconsistentParameters",
    ]

    /// WANIPv6FirewallControl:1.
    private static let pinhole: [Int32: String] = [
        701: "PinholeSpaceExhausted", 702: "FirewallDisabled", 703: "InboundPinholeNotAllowed",
        704: "NoSuchEntry", 705: "ProtocolNotSupported", 706: "InternalPortWildcardingNotAllowed",
        707: "ProtocolWildcardingNotAllowed", 708: "WildCardNotPermittedInSrcIP",
        709: "NoTrafficReceived",
    ]

    /// Layer3Forwarding:1.
    private static let forwarding: [Int32: String] = [
        720: "InvalidDeviceUUID", 721: "InvalidServiceID", 723: "InvalidConnServiceSelection",
    ]
}
