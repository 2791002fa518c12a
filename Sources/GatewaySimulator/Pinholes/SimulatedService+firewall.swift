extension SimulatedService {
    /// Opens the IPv6 firewall (WANIPv6FirewallControl:1, section 2).
    static let firewall = SimulatedService(
        type: "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1",
        identifier: "WANIPv6FC1", descriptionPath: "/WANIP6FC.xml", controlPath: "/ctl/IP6FCtl",
        actions: [
            Action(
                name: "GetFirewallStatus",
                outputs: [
                    Argument(name: "FirewallEnabled", variable: "FirewallEnabled"),
                    Argument(name: "InboundPinholeAllowed", variable: "InboundPinholeAllowed"),
                ]),
            Action(
                name: "GetOutboundPinholeTimeout", inputs: tuple,
                outputs: [
                    Argument(
                        name: "OutboundPinholeTimeout",
                        variable: "A_ARG_TYPE_OutboundPinholeTimeout")
                ]),
            Action(
                name: "AddPinhole",
                inputs: tuple + [Argument(name: "LeaseTime", variable: "A_ARG_TYPE_LeaseTime")],
                outputs: [identifier]),
            Action(
                name: "UpdatePinhole",
                inputs: [
                    identifier, Argument(name: "NewLeaseTime", variable: "A_ARG_TYPE_LeaseTime"),
                ]),
            Action(name: "DeletePinhole", inputs: [identifier]),
            Action(
                name: "GetPinholePackets", inputs: [identifier],
                outputs: [
                    Argument(name: "PinholePackets", variable: "A_ARG_TYPE_PinholePackets")
                ]),
            Action(
                name: "CheckPinholeWorking", inputs: [identifier],
                outputs: [Argument(name: "IsWorking", variable: "A_ARG_TYPE_Boolean")]),
        ],
        variables: [
            Variable(name: "FirewallEnabled", type: "boolean", isEvented: true),
            Variable(name: "InboundPinholeAllowed", type: "boolean", isEvented: true),
            Variable(name: "A_ARG_TYPE_OutboundPinholeTimeout", type: "ui4"),
            Variable(name: "A_ARG_TYPE_IPv6Address", type: "string"),
            Variable(name: "A_ARG_TYPE_Port", type: "ui2"),
            Variable(name: "A_ARG_TYPE_Protocol", type: "ui2"),
            Variable(name: "A_ARG_TYPE_LeaseTime", type: "ui4"),
            Variable(name: "A_ARG_TYPE_UniqueID", type: "ui2"),
            Variable(name: "A_ARG_TYPE_PinholePackets", type: "ui4"),
            Variable(name: "A_ARG_TYPE_Boolean", type: "boolean"),
        ])

    private static let identifier = Argument(name: "UniqueID", variable: "A_ARG_TYPE_UniqueID")
    private static let tuple = [
        Argument(name: "RemoteHost", variable: "A_ARG_TYPE_IPv6Address"),
        Argument(name: "RemotePort", variable: "A_ARG_TYPE_Port"),
        Argument(name: "InternalClient", variable: "A_ARG_TYPE_IPv6Address"),
        Argument(name: "InternalPort", variable: "A_ARG_TYPE_Port"),
        Argument(name: "Protocol", variable: "A_ARG_TYPE_Protocol"),
    ]
}
