import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated gateway, faults of UPnP") struct SimulatedUPnPFaultTests {
    static let add = SimulatedUPnPTests.call("AddPortMapping", SimulatedUPnPTests.mapping(45000))
    static let read = SimulatedUPnPTests.call(
        "GetSpecificPortMappingEntry", SimulatedUPnPTests.key(45000))

    /// A gateway with faults.
    private func gateway(_ change: (inout UPnPFaults) -> Void) -> ScriptedGateway {
        ScriptedGateway { change(&$0.faults.upnp) }
    }

    @Test("refuses actions with the codes it is told", arguments: [718, 501, 606, 402, -911])
    func refuses(code: Int) {
        var gateway = gateway { $0.refusals = ["AddPortMapping": code] }
        #expect(gateway.errorCode(of: Self.add) == code)
        #expect(gateway.mappings.isEmpty)
    }

    @Test("takes permanent leases alone (A-3, A-4)", arguments: [725, 402])
    func refusesLeases(code: Int) {
        var gateway = gateway { $0.timedLeaseRefusal = code }
        #expect(gateway.errorCode(of: Self.add) == code)
        let permanent = SimulatedUPnPTests.mapping(45000, lease: 604800)
        let call = SimulatedUPnPTests.call("AddPortMapping", permanent)
        #expect(gateway.errorCode(of: call) == nil)
    }

    @Test("refuses long descriptions, other ports and remote hosts when it is told (A-8, A-14)")
    func refusesArguments() {
        var gateway = gateway {
            $0.longDescriptionRefusal = 605
            $0.wantsSamePorts = true
            $0.refusesRemoteHosts = true
        }
        let code = { (gateway: inout ScriptedGateway, arguments: [(String, String)]) in
            gateway.errorCode(of: SimulatedUPnPTests.call("AddPortMapping", arguments))
        }
        let long = String(repeating: "x", count: 33)
        #expect(code(&gateway, SimulatedUPnPTests.mapping(45000, description: long)) == 605)
        #expect(code(&gateway, SimulatedUPnPTests.mapping(45000, internalPort: 45001)) == 724)
        #expect(code(&gateway, SimulatedUPnPTests.mapping(45000, host: "203.0.113.9")) == 726)
        #expect(code(&gateway, SimulatedUPnPTests.mapping(45000)) == nil)
    }

    @Test("says yes and maps nothing (A-9)")
    func grantsNothing() {
        var gateway = ScriptedGateway { $0.faults.grantsWithoutMapping = true }
        #expect(gateway.errorCode(of: Self.add) == nil)
        #expect(gateway.errorCode(of: Self.read) == 714)
    }

    @Test("shows a new entry late (A-9), and keeps leases to itself (A-10)")
    func misleadsReaders() {
        var late = gateway { $0.hidesNewEntries = .seconds(1) }
        _ = late.ask(Self.add)
        #expect(late.errorCode(of: Self.read) == 714)
        #expect(late.ask(Self.read, after: .seconds(1))?.contains("192.168.77.10") == true)
        var forgetful = gateway { $0.ignoresLeases = true }
        _ = forgetful.ask(Self.add)
        #expect(forgetful.ask(Self.read)?.contains("<NewLeaseDuration>0<") == true)
        var stubborn = gateway { $0.ignoresRenewals = true }
        _ = stubborn.ask(Self.add)
        _ = stubborn.ask(Self.add, after: .seconds(600))
        let entry = stubborn.ask(Self.read, after: .seconds(600))
        #expect(entry?.contains("<NewLeaseDuration>3000<") == true)
    }

    @Test("says yes and maps nothing, unless for ever, when it is told (A-9)")
    func dropsTimedMappings() {
        var gateway = gateway { $0.dropsTimedMappings = true }
        #expect(gateway.errorCode(of: Self.add) == nil)
        #expect(gateway.mappings.isEmpty)
        let permanent = SimulatedUPnPTests.mapping(45000, lease: 0)
        #expect(
            gateway.errorCode(of: SimulatedUPnPTests.call("AddPortMapping", permanent)) == nil)
        #expect(gateway.mappings.count == 1)
    }

    @Test("shows a lease as it is told (A-10)", arguments: ["0", "86400", "", "-1", "1 h & more"])
    func showsLease(text: String) {
        var gateway = gateway { $0.shownLease = text }
        _ = gateway.ask(Self.add)
        let shown = text.replacing("&", with: "&amp;")
        let generic = SimulatedUPnPTests.call(
            "GetGenericPortMappingEntry", [("NewPortMappingIndex", "0")])
        for read in [Self.read, generic] {
            #expect(
                gateway.ask(read)?.contains("<NewLeaseDuration>\(shown)</NewLeaseDuration>") == true
            )
        }
        let list = SimulatedUPnPTests.call(
            "GetListOfPortMappings",
            [
                ("NewStartPort", "1"), ("NewEndPort", "65535"), ("NewProtocol", "TCP"),
                ("NewManage", "0"), ("NewNumberOfPorts", "0"),
            ])
        #expect(gateway.ask(list)?.contains("<p:NewLeaseTime>\(shown)</p:NewLeaseTime>") == true)
    }

    @Test(
        "carries an action out and spoils its answer (A-1)",
        arguments: [
            (
                UPnPFaults.SpoiltAnswer.page, 200,
                "<!DOCTYPE html><html><body><h1>OK</h1></body></html>"
            ),
            (.cut, 200, String(added.prefix(added.count / 2))),
            (
                .otherAction, 200,
                SimulatedUPnPTests.answer(
                    "GetStatusInfo",
                    "<NewConnectionStatus>Connected</NewConnectionStatus><NewLastConnectionError>"
                        + "ERROR_NONE</NewLastConnectionError><NewUptime>0</NewUptime>")
            ), (.status500, 500, ""), (.closed, nil, nil),
        ] as [(UPnPFaults.SpoiltAnswer, Int?, String?)])
    func spoils(how: UPnPFaults.SpoiltAnswer, status: Int?, body: String?) {
        var gateway = gateway { $0.spoiltAnswers = ["AddPortMapping": how] }
        let answer = gateway.reply(to: Self.add)
        #expect(answer?.status == status)
        #expect(answer?.body == body)
        #expect(gateway.mappings.map(\.externalPort) == [45000])
        #expect(gateway.errorCode(of: Self.read) == nil)
        // A refusal is told as it is.
        let low = SimulatedUPnPTests.call("AddPortMapping", SimulatedUPnPTests.mapping(80))
        #expect(gateway.errorCode(of: low) == 606)
    }
    private static let added = SimulatedUPnPTests.answer("AddPortMapping", "")

    @Test("lays faults and answers as odd routers do (A-1, A-2, A-19)")
    func laysOddly() {
        var odd = gateway {
            $0.hasOddFaults = true
            $0.sendsFaultsWith200 = true
            $0.hasOddAnswers = true
        }
        let fault = odd.reply(to: Self.read)
        #expect(fault?.status == 200)
        #expect(fault?.body.contains("<faultCode>s:Client</faultCode>") == true)
        #expect(
            fault?.body.contains("<UPnPError><errorCode> 714 </errorCode></UPnPError>") == true)
        let answer = odd.ask(SimulatedUPnPTests.call("GetExternalIPAddress"))
        #expect(
            answer?.contains("<u:GetExternalIPAddress xmlns:u=\"urn:upnp-org:serviceId:") == true)
        var empty = gateway { $0.sendsEmptyAnswers = true }
        #expect(empty.ask(Self.add) == "")
    }

    @Test("answers control requests with pages, redirections and resets (H-1, H-5, H-10, H-11)")
    func answersInHTTP() {
        let call = SimulatedUPnPTests.call("GetExternalIPAddress")
        var page = gateway { $0.controlStatus = 401 }
        #expect(page.reply(to: call)?.status == 401)
        var redirecting = gateway { $0.redirection = "http://192.0.2.1/" }
        #expect(redirecting.reply(to: call)?.location == "http://192.0.2.1/")
        var resetting = gateway { $0.resetActions = ["AddAnyPortMapping"] }
        #expect(resetting.reply(to: call) != nil)
        #expect(resetting.reply(to: SimulatedUPnPTests.call("AddAnyPortMapping")) == nil)
        var particular = gateway { $0.wantsCapitalHeader = true }
        #expect(particular.reply(to: call)?.status == 200)
        #expect(particular.reply(to: call, header: "Soapaction")?.status == 501)
        var old = gateway { $0.refusesHTTP11 = true }
        #expect(old.reply(to: call)?.status == 505)
        #expect(old.reply(to: call, version: "HTTP/1.0")?.status == 200)
    }

    @Test(
        "frames answers as it is told (H-6)",
        arguments: [
            (
                UPnPFaults.Framing.contentLength,
                "HTTP/1.1 200 OK\r\n|Content-Length: 5\r\nConnection: close\r\n\r\nhello"
            ),
            (.untilClose, "HTTP/1.1 200 OK\r\n|Connection: close\r\n\r\nhello"),
            (
                .tooLong,
                "HTTP/1.1 200 OK\r\n|Content-Length: 15\r\nConnection: close\r\n\r\nhello"
            ),
            (
                .twoLengths,
                "HTTP/1.1 200 OK\r\n|Content-Length: 5\r\nContent-Length: 6\r\n"
                    + "Connection: close\r\n\r\nhello"
            ),
            (
                .chunked,
                "HTTP/1.1 200 OK\r\n|Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    + "1;odd=1\r\nh\r\n4;odd=1\r\nello\r\n0\r\nTrailer: none\r\n\r\n"
            ),
            (
                .continueFirst,
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n|"
                    + "Content-Length: 5\r\nConnection: close\r\n\r\nhello"
            ),
            (.bareLines, "HTTP/1.1 200\n|Content-Length: 5\nConnection: close\n\nhello"),
        ])
    func frames(framing: UPnPFaults.Framing, answer: String) {
        let end = framing == .bareLines ? "\n" : "\r\n"
        let headers = [
            "Content-Type: text/xml; charset=\"utf-8\"",
            "Server: Linux UPnP/1.1 gateway-simulator/1", "Ext:",
        ].map { $0 + end }.joined()
        let bytes = HTTPAnswer(body: "hello").encoded(framing, version: "HTTP/1.1")
        #expect(String(decoding: bytes, as: UTF8.self) == answer.replacing("|", with: headers))
    }

    @Test(
        "answers a search however its headers are spelled, and nothing but a search",
        arguments: [
            ("MAN: \"ssdp:discover\"|ST: upnp:rootdevice", true),
            ("MAN:\"ssdp:discover\"|ST:upnp:rootdevice", true),
            ("man:  \"ssdp:discover\" |st:\tupnp:rootdevice  ", true),
            ("Man : \"SSDP:Discover\"|St : upnp:rootdevice", true),
            ("MAN: ssdp:discover|ST: upnp:rootdevice", false), ("ST: upnp:rootdevice", false),
            ("MAN: \"ssdp:discover\"", false),
        ])
    func readsSearches(headers: String, isAnswered: Bool) {
        let lines = headers.replacing("|", with: "\r\n")
        for (start, isSearch) in [("M-SEARCH * HTTP/1.1", true), ("NOTIFY * HTTP/1.1", false)] {
            var gateway = gateway { _ in }
            let answers = gateway.answers(toSearch: "\(start)\r\n\(lines)\r\n\r\n")
            #expect(answers.count == (isAnswered && isSearch ? 1 : 0))
        }
    }

    @Test("answers searches as it is told (S-1, S-2, S-5)")
    func answersSearches() {
        var gateway = gateway { _ in }
        let target = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
        let usn = "uuid:00000000-0000-0000-0000-0000000000aa::" + target
        #expect(
            gateway.search(target) == [
                """
                HTTP/1.1 200 OK\r
                CACHE-CONTROL: max-age=120\r
                ST: \(target)\r
                USN: \(usn)\r
                EXT: \r
                SERVER: Linux UPnP/1.1 gateway-simulator/1\r
                LOCATION: http://192.168.77.1:49152/rootDesc.xml\r
                BOOTID.UPNP.ORG: 1\r
                CONFIGID.UPNP.ORG: 1\r
                \r

                """
            ])
        #expect(gateway.search("ssdp:all").count == 10)
        #expect(gateway.search("upnp:rootdevice").count == 1)
        #expect(gateway.search("urn:schemas-upnp-org:service:WANPPPConnection:1").isEmpty)
        #expect(gateway.search("urn:schemas-upnp-org:service:WANIPConnection:3").isEmpty)
        var sloppy = self.gateway {
            $0.onlySearchTarget = "upnp:rootdevice"
            $0.hasSloppyHeaders = true
        }
        #expect(sloppy.search(target).isEmpty)
        let answer = sloppy.search("upnp:rootdevice").first
        #expect(answer?.hasPrefix("HTTP/1.1 200 OK\ncache-control:max-age=120\n") == true)
        #expect(answer?.hasSuffix("\nconfigid.upnp.org:1\n") == true)
    }
}
