extension SimulatedService {
    /// The connection service that makes mappings (WANIPConnection:2, section 2; the first version
    /// and WANPPPConnection:1 lack three actions).
    static func connection(_ configuration: UPnPConfiguration) -> SimulatedService {
        let isSecond = configuration.version >= 2 && !configuration.usesPPP
        return SimulatedService(
            type: "urn:schemas-upnp-org:service:"
                + (configuration.usesPPP
                    ? "WANPPPConnection:1" : "WANIPConnection:\(configuration.version)"),
            identifier: configuration.usesPPP ? "WANPPPConn1" : "WANIPConn1",
            descriptionPath: "/WANIPCn.xml", controlPath: "/ctl/IPConn",
            actions: isSecond ? commonActions + secondVersionActions : commonActions,
            variables: connectionVariables)
    }

    /// A connection that is not up; nothing can be mapped on it.
    static let idleConnection: SimulatedService = {
        var configuration = UPnPConfiguration()
        configuration.usesPPP = true
        var service = connection(configuration)
        service.descriptionPath = "/WANPPPCn.xml"
        service.controlPath = "/ctl/PPPConn"
        return service
    }()

    private static let remoteHost = Argument(name: "NewRemoteHost", variable: "RemoteHost")
    private static let externalPort = Argument(name: "NewExternalPort", variable: "ExternalPort")
    private static let transport = Argument(name: "NewProtocol", variable: "PortMappingProtocol")
    private static let manage = Argument(name: "NewManage", variable: "A_ARG_TYPE_Manage")
    private static let range = [
        Argument(name: "NewStartPort", variable: "ExternalPort"),
        Argument(name: "NewEndPort", variable: "ExternalPort"),
    ]
    private static let entry = [
        Argument(name: "NewInternalPort", variable: "InternalPort"),
        Argument(name: "NewInternalClient", variable: "InternalClient"),
        Argument(name: "NewEnabled", variable: "PortMappingEnabled"),
        Argument(name: "NewPortMappingDescription", variable: "PortMappingDescription"),
        Argument(name: "NewLeaseDuration", variable: "PortMappingLeaseDuration"),
    ]

    private static let commonActions = [
        Action(
            name: "GetConnectionTypeInfo",
            outputs: [
                Argument(name: "NewConnectionType", variable: "ConnectionType"),
                Argument(name: "NewPossibleConnectionTypes", variable: "PossibleConnectionTypes"),
            ]),
        Action(
            name: "GetStatusInfo",
            outputs: [
                Argument(name: "NewConnectionStatus", variable: "ConnectionStatus"),
                Argument(name: "NewLastConnectionError", variable: "LastConnectionError"),
                Argument(name: "NewUptime", variable: "Uptime"),
            ]),
        Action(
            name: "GetNATRSIPStatus",
            outputs: [
                Argument(name: "NewRSIPAvailable", variable: "RSIPAvailable"),
                Argument(name: "NewNATEnabled", variable: "NATEnabled"),
            ]),
        Action(
            name: "GetGenericPortMappingEntry",
            inputs: [
                Argument(name: "NewPortMappingIndex", variable: "PortMappingNumberOfEntries")
            ], outputs: [remoteHost, externalPort, transport] + entry),
        Action(
            name: "GetSpecificPortMappingEntry", inputs: [remoteHost, externalPort, transport],
            outputs: entry),
        Action(name: "AddPortMapping", inputs: [remoteHost, externalPort, transport] + entry),
        Action(name: "DeletePortMapping", inputs: [remoteHost, externalPort, transport]),
        Action(
            name: "GetExternalIPAddress",
            outputs: [Argument(name: "NewExternalIPAddress", variable: "ExternalIPAddress")]),
    ]

    private static let secondVersionActions = [
        Action(
            name: "AddAnyPortMapping", inputs: [remoteHost, externalPort, transport] + entry,
            outputs: [Argument(name: "NewReservedPort", variable: "ExternalPort")]),
        Action(name: "DeletePortMappingRange", inputs: range + [transport, manage]),
        Action(
            name: "GetListOfPortMappings",
            inputs: range + [
                transport, manage,
                Argument(name: "NewNumberOfPorts", variable: "PortMappingNumberOfEntries"),
            ],
            outputs: [Argument(name: "NewPortListing", variable: "A_ARG_TYPE_PortListing")]),
    ]

    private static let connectionVariables = [
        Variable(name: "ConnectionType", type: "string"),
        Variable(name: "PossibleConnectionTypes", type: "string", isEvented: true),
        Variable(name: "ConnectionStatus", type: "string", isEvented: true),
        Variable(name: "Uptime", type: "ui4"),
        Variable(name: "LastConnectionError", type: "string"),
        Variable(name: "RSIPAvailable", type: "boolean"),
        Variable(name: "NATEnabled", type: "boolean"),
        Variable(name: "ExternalIPAddress", type: "string", isEvented: true),
        Variable(name: "PortMappingNumberOfEntries", type: "ui2", isEvented: true),
        Variable(name: "PortMappingEnabled", type: "boolean"),
        Variable(name: "PortMappingLeaseDuration", type: "ui4"),
        Variable(name: "RemoteHost", type: "string"),
        Variable(name: "ExternalPort", type: "ui2"),
        Variable(name: "InternalPort", type: "ui2"),
        Variable(name: "PortMappingProtocol", type: "string", allowedValues: ["TCP", "UDP"]),
        Variable(name: "InternalClient", type: "string"),
        Variable(name: "PortMappingDescription", type: "string"),
        Variable(name: "A_ARG_TYPE_Manage", type: "boolean"),
        Variable(name: "A_ARG_TYPE_PortListing", type: "string"),
    ]
}
