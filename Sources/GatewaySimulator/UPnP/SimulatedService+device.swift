extension SimulatedService {
    /// Names the service that is the way out (Layer3Forwarding:1).
    static let forwarding = SimulatedService(
        type: "urn:schemas-upnp-org:service:Layer3Forwarding:1", identifier: "L3Forwarding1",
        descriptionPath: "/L3F.xml", controlPath: "/ctl/L3F",
        actions: [
            Action(
                name: "GetDefaultConnectionService",
                outputs: [
                    Argument(
                        name: "NewDefaultConnectionService", variable: "DefaultConnectionService")
                ])
        ],
        variables: [Variable(name: "DefaultConnectionService", type: "string", isEvented: true)])

    /// Tells of the line (WANCommonInterfaceConfig:1).
    static let line = SimulatedService(
        type: "urn:schemas-upnp-org:service:WANCommonInterfaceConfig:1",
        identifier: "WANCommonIFC1", descriptionPath: "/WANCfg.xml", controlPath: "/ctl/CmnIfCfg",
        actions: [
            Action(
                name: "GetCommonLinkProperties",
                outputs: [
                    Argument(name: "NewWANAccessType", variable: "WANAccessType"),
                    Argument(
                        name: "NewLayer1UpstreamMaxBitRate", variable: "Layer1UpstreamMaxBitRate"),
                    Argument(
                        name: "NewLayer1DownstreamMaxBitRate",
                        variable: "Layer1DownstreamMaxBitRate"),
                    Argument(name: "NewPhysicalLinkStatus", variable: "PhysicalLinkStatus"),
                ]),
            Action(
                name: "GetTotalBytesSent",
                outputs: [Argument(name: "NewTotalBytesSent", variable: "TotalBytesSent")]),
        ],
        variables: [
            Variable(name: "WANAccessType", type: "string"),
            Variable(name: "Layer1UpstreamMaxBitRate", type: "ui4"),
            Variable(name: "Layer1DownstreamMaxBitRate", type: "ui4"),
            Variable(name: "PhysicalLinkStatus", type: "string", isEvented: true),
            Variable(name: "TotalBytesSent", type: "ui4"),
        ])
}
