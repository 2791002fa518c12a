import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, UPnP") struct SimulatedUPnPTests {
    static let envelope = """
        <?xml version="1.0"?>\r
        <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" \
        s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>
        """
    static let end = "</s:Body></s:Envelope>"
    static let service = "urn:schemas-upnp-org:service:WANIPConnection:2"

    /// A control request as clients lay it.
    static func call(_ action: String, _ arguments: [(String, String)] = []) -> String {
        let values = arguments.map { "<\($0.0)>\($0.1)</\($0.0)>" }.joined()
        return envelope + "<u:\(action) xmlns:u=\"\(service)\">\(values)</u:\(action)>" + end
    }

    static func answer(_ action: String, _ values: String) -> String {
        envelope + "<u:\(action)Response xmlns:u=\"\(service)\">\(values)</u:\(action)Response>"
            + end + "\r\n"
    }

    static func fault(_ code: Int, _ name: String) -> String {
        envelope.replacing("<?xml version=\"1.0\"?>\r\n", with: "") + """
            <s:Fault><faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>\
            <detail><UPnPError xmlns="urn:schemas-upnp-org:control-1-0">\
            <errorCode>\(code)</errorCode><errorDescription>\(name)</errorDescription>\
            </UPnPError></detail></s:Fault>
            """ + end
    }

    static func mapping(
        _ port: Int, to client: String = "192.168.77.10", host: String = "",
        internalPort: Int? = nil, description: String = "natctl", lease: Int = 3600
    ) -> [(String, String)] {
        key(port, host: host) + [
            ("NewInternalPort", String(internalPort ?? port)), ("NewInternalClient", client),
            ("NewEnabled", "1"), ("NewPortMappingDescription", description),
            ("NewLeaseDuration", String(lease)),
        ]
    }

    static func key(_ port: Int, host: String = "") -> [(String, String)] {
        [("NewRemoteHost", host), ("NewExternalPort", String(port)), ("NewProtocol", "TCP")]
    }

    static let entry =
        "<NewInternalPort>45000</NewInternalPort><NewInternalClient>192.168.77.10"
        + "</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>natctl"
        + "</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration>"

    @Test("answers each action as a real daemon did")
    func answersAsCaptured() {
        var gateway = ScriptedGateway(epoch: 2431)
        #expect(
            gateway.ask(Self.call("GetExternalIPAddress"))
                == Self.answer(
                    "GetExternalIPAddress",
                    "<NewExternalIPAddress>11.22.33.1</NewExternalIPAddress>"))
        #expect(
            gateway.ask(Self.call("GetStatusInfo"))
                == Self.answer(
                    "GetStatusInfo",
                    "<NewConnectionStatus>Connected</NewConnectionStatus><NewLastConnectionError>"
                        + "ERROR_NONE</NewLastConnectionError><NewUptime>2431</NewUptime>"))
        #expect(
            gateway.ask(Self.call("AddPortMapping", Self.mapping(45000)))
                == Self.answer("AddPortMapping", ""))
        #expect(
            gateway.ask(Self.call("GetSpecificPortMappingEntry", Self.key(45000)))
                == Self.answer("GetSpecificPortMappingEntry", Self.entry))
        #expect(
            gateway.ask(Self.call("GetGenericPortMappingEntry", [("NewPortMappingIndex", "0")]))
                == Self.answer(
                    "GetGenericPortMappingEntry",
                    "<NewRemoteHost></NewRemoteHost><NewExternalPort>45000</NewExternalPort>"
                        + "<NewProtocol>TCP</NewProtocol>" + Self.entry))
        #expect(
            gateway.ask(Self.call("GetGenericPortMappingEntry", [("NewPortMappingIndex", "1")]))
                == Self.fault(713, "SpecifiedArrayIndexInvalid"))
        #expect(
            gateway.ask(Self.call("DeletePortMapping", Self.key(45000)))
                == Self.answer("DeletePortMapping", ""))
        #expect(gateway.mappings.isEmpty)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var call: String
        var code: Int
    }

    static let refusals = [
        Refusal(testDescription: "an unknown action", call: call("Dance"), code: 401),
        Refusal(
            testDescription: "a missing argument",
            call: call("AddPortMapping", mapping(45000).dropLast()), code: 402),
        Refusal(
            testDescription: "a low external port", call: call("AddPortMapping", mapping(80)),
            code: 606),
        Refusal(
            testDescription: "somebody else's address",
            call: call("AddPortMapping", mapping(45000, to: "192.168.77.20")), code: 606),
        Refusal(
            testDescription: "external port 0", call: call("AddPortMapping", mapping(0)), code: 716
        ),
        Refusal(
            testDescription: "internal port 0",
            call: call("AddPortMapping", mapping(45000, internalPort: 0)), code: 732),
        Refusal(
            testDescription: "deleting nothing", call: call("DeletePortMapping", key(45000)),
            code: 714),
        Refusal(
            testDescription: "a range upside down",
            call: call(
                "GetListOfPortMappings",
                [
                    ("NewStartPort", "9"), ("NewEndPort", "8"), ("NewProtocol", "TCP"),
                    ("NewManage", "0"), ("NewNumberOfPorts", "0"),
                ]), code: 733),
    ]

    @Test("refuses what a version 2 gateway refuses", arguments: refusals)
    func refuses(refusal: Refusal) {
        var gateway = ScriptedGateway()
        #expect(gateway.errorCode(of: refusal.call) == refusal.code)
        #expect(gateway.mappings.isEmpty)
    }

    @Test("keeps a port for its client, who may renew, redirect and delete it")
    func keepsPortForClient() {
        var gateway = ScriptedGateway { $0.upnp.isSecure = false }
        let add = { Self.call("AddPortMapping", $0) }
        #expect(gateway.errorCode(of: add(Self.mapping(45000))) == nil)
        let foreign = Self.mapping(45000, to: "192.168.77.20")
        #expect(gateway.errorCode(of: add(foreign)) == 718)
        #expect(gateway.errorCode(of: add(Self.mapping(45000, internalPort: 46000))) == nil)
        #expect(gateway.mappings.map(\.internalEndpoint.port) == [46000])
        // The next port is free for another client.
        #expect(
            gateway.ask(Self.call("AddAnyPortMapping", foreign))
                == Self.answer("AddAnyPortMapping", "<NewReservedPort>45001</NewReservedPort>"))
        #expect(gateway.mappings.count == 2)
    }

    @Test(
        "grants a week for 0 in version 2 and for ever in version 1",
        arguments: [(2, 0, "604800"), (2, 9_999_999, "604800"), (1, 0, "0"), (1, 120, "120")])
    func grantsLeases(version: Int, asked: Int, granted: String) {
        var gateway = ScriptedGateway { $0.upnp.version = version }
        _ = gateway.ask(Self.call("AddPortMapping", Self.mapping(45000, lease: asked)))
        let entry = gateway.ask(Self.call("GetSpecificPortMappingEntry", Self.key(45000)))
        #expect(entry?.contains("<NewLeaseDuration>\(granted)</NewLeaseDuration>") == true)
    }

    @Test("has the actions of its version alone", arguments: [(1, 401), (2, nil)])
    func hasActionsOfVersion(version: Int, code: Int?) {
        var gateway = ScriptedGateway { $0.upnp.version = version }
        #expect(gateway.errorCode(of: Self.call("AddAnyPortMapping", Self.mapping(45000))) == code)
    }

    @Test("shows its mappings on a page, a line each")
    func showsMappings() {
        var gateway = ScriptedGateway { $0.upnp.version = 1 }
        #expect(gateway.document("/mappings")?.body == "")
        _ = gateway.ask(Self.call("AddPortMapping", Self.mapping(45000, lease: 0)))
        _ = gateway.answer(bytes("0001 0000 1f90 1f91 00000e10"))
        #expect(
            gateway.document("/mappings")?.body == """
                tcp 45000 192.168.77.10:45000 forever upnp natctl
                udp 8081 192.168.77.10:8080 3600 nat-pmp \n
                """)
    }

    @Test("refuses a port that PCP or NAT-PMP has given away")
    func sharesTable() {
        var gateway = ScriptedGateway()
        _ = gateway.answer(bytes("0002 0000 1f90 afc8 00000e10"))
        #expect(gateway.errorCode(of: Self.call("AddPortMapping", Self.mapping(45000))) == 718)
        #expect(gateway.errorCode(of: Self.call("DeletePortMapping", Self.key(45000))) == 606)
    }
}
