import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, descriptions") struct SimulatedDescriptionTests {
    private func description(_ change: (inout GatewayConfiguration) -> Void) -> String {
        var gateway = ScriptedGateway(change)
        return gateway.document("/rootDesc.xml")?.body ?? ""
    }

    @Test(
        "names the connection of its version",
        arguments: [
            (1, false, "WANIPConnection:1"), (2, false, "WANIPConnection:2"),
            (2, true, "WANPPPConnection:1"),
        ])
    func namesConnection(version: Int, usesPPP: Bool, service: String) {
        let description = description {
            $0.upnp.version = version
            $0.upnp.usesPPP = usesPPP
        }
        #expect(description.contains("<serviceType>urn:schemas-upnp-org:service:\(service)<"))
        #expect(description.contains(":device:InternetGatewayDevice:\(version)<"))
    }

    @Test("is as odd as it is told (D-1 to D-11)")
    func isOdd() {
        let odd = description {
            $0.faults.upnp.padsDescription = true
            $0.faults.upnp.namesDSLForum = true
            $0.faults.upnp.hasIdleConnection = true
            $0.faults.upnp.baseURL = "http://127.0.0.1:4444"
            $0.faults.upnp.controlURL = "http://192.0.2.1/ctl?a&b"
            $0.faults.upnp.friendlyName = "<b>"
        }
        #expect(odd.hasPrefix(" \r\n<?xml") && odd.hasSuffix("\0"))
        #expect(!odd.contains("urn:schemas-upnp-org:service"))
        #expect(odd.contains("<serviceType>urn:dslforum-org:service:WANIPConnection:2<"))
        #expect(odd.contains("<controlURL>/ctl/PPPConn<"))
        #expect(odd.contains("<controlURL>http://192.0.2.1/ctl?a&amp;b<"))
        #expect(odd.contains("<URLBase>http://127.0.0.1:4444<"))
        #expect(odd.contains("<friendlyName>&lt;b&gt;<"))
        #expect(!description { $0.faults.upnp.hidesConnection = true }.contains("WANIPConnection"))
        #expect(description { $0.faults.upnp.hasLoginPage = true }.hasPrefix("<!DOCTYPE html>"))
        var silent = ScriptedGateway { $0.faults.upnp.hidesServiceDescriptions = true }
        #expect(silent.document("/WANIPCn.xml")?.status == 404)
    }

    @Test("gives each service a place for events")
    func namesEvents() {
        let description = description { $0.faults.upnp.hasIdleConnection = true }
        for path in ["L3F", "CmnIfCfg", "PPPConn", "IPConn"] {
            #expect(
                description.contains(
                    "<controlURL>/ctl/\(path)</controlURL><eventSubURL>/evt/\(path)</eventSubURL>"))
        }
    }

    @Test("is cut or unavailable so often as it is told, and then whole")
    func failsForAWhile() {
        let whole = description { _ in }
        for (kind, status, body) in [
            (UPnPFaults.DescriptionFault.Kind.cut, 200, String(whole.prefix(whole.count / 2))),
            (
                .unavailable, 503,
                "<!DOCTYPE html><html><body><h1>Service Unavailable</h1></body></html>"
            ),
        ] {
            var gateway = ScriptedGateway {
                $0.faults.upnp.descriptionFault = .init(kind, count: 2)
            }
            for _ in 0..<2 {
                let answer = gateway.document("/rootDesc.xml")
                #expect(answer?.status == status)
                #expect(answer?.body == body)
            }
            #expect(gateway.document("/rootDesc.xml")?.body == whole)
        }
    }

    @Test("has a second connection that is down and maps nothing (D-6)")
    func hasIdleConnection() {
        var gateway = ScriptedGateway { $0.faults.upnp.hasIdleConnection = true }
        let status = gateway.reply(
            to: SimulatedUPnPTests.call("GetStatusInfo"), path: "/ctl/PPPConn")
        #expect(status?.body.contains("<NewConnectionStatus>Disconnected<") == true)
        let add = SimulatedUPnPTests.call("AddPortMapping", SimulatedUPnPTests.mapping(45000))
        #expect(gateway.reply(to: add, path: "/ctl/PPPConn")?.body.contains(">501<") == true)
        #expect(gateway.reply(to: add)?.status == 200)
    }

    @Test("ends its list with another code, or never (A-20)")
    func endsListOddly() {
        let entry = { (index: Int) in
            SimulatedUPnPTests.call(
                "GetGenericPortMappingEntry", [("NewPortMappingIndex", String(index))])
        }
        var odd = ScriptedGateway { $0.faults.upnp.endOfList = 501 }
        #expect(odd.errorCode(of: entry(0)) == 501)
        var endless = ScriptedGateway { $0.faults.upnp.repeatsLastEntry = true }
        _ = endless.ask(
            SimulatedUPnPTests.call("AddPortMapping", SimulatedUPnPTests.mapping(45000)))
        #expect(endless.ask(entry(999)) == endless.ask(entry(0)))
    }
}
