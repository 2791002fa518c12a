import Foundation
import Testing

@testable import NATTraversal

@Suite("The choice of a connection service (D-6)") struct IGDChoiceTests {
    private static let location = "http://192.168.1.1:5000/a/b/rootDesc.xml"
    private static let local = IPAddress.v4(IPv4Address(rawValue: 0xC0A8_010A))

    /// What a service says of itself; `nil` is silence.
    private struct Manner: Sendable {
        var status: String?
        var address = ""
    }

    /// Chooses between the services at `/ctl/ip` and `/ctl/ppp`.
    private func choose(ip: Manner, ppp: Manner) async throws -> IGDChoice {
        let http = ScriptedHTTP { request in
            guard let body = request.call?.body, let text = String(bytes: body, encoding: .utf8)
            else { return .status(404) }
            let manner = request.url.target == "/ctl/ip" ? ip : ppp
            guard let status = manner.status else { throw HTTPClientError.timeout }
            return text.contains("GetStatusInfo")
                ? .soap("GetStatusInfo", "<NewConnectionStatus>\(status)</NewConnectionStatus>")
                : .soap(
                    "GetExternalIPAddress",
                    "<NewExternalIPAddress>\(manner.address)</NewExternalIPAddress>")
        }
        let document = try Corpus.item("desc", "syn-ip-and-ppp-both-present.xml").bytes
        let location = try HTTPURL(Self.location)
        let device = UPnPDevice(
            try DeviceDescription(parsing: document, from: location), at: location,
            from: Self.local, http: http)
        return try #require(try await IGDChoice.among(device, until: .now + .seconds(30)))
    }

    @Test("prefers what is connected with a public address, then with any, then what is connected")
    func ranks() async throws {
        let up = Manner(status: "Connected", address: "203.0.113.9")
        let publicly = Manner(status: "Up", address: "11.22.33.1")
        let privately = Manner(status: "connected", address: "10.0.0.1")
        let bare = Manner(status: "Connected", address: "0.0.0.0")
        let down = Manner(status: "Disconnected", address: "11.22.33.1")
        let silent = Manner()
        let cases: [(ip: Manner, ppp: Manner, chosen: String)] = [
            (publicly, publicly, "WANIPConnection"), (privately, publicly, "WANPPPConnection"),
            (down, privately, "WANPPPConnection"), (bare, privately, "WANPPPConnection"),
            (down, bare, "WANPPPConnection"), (silent, down, "WANPPPConnection"),
            (silent, silent, "WANIPConnection"), (down, down, "WANIPConnection"),
            (up, silent, "WANIPConnection"),
        ]
        for (ip, ppp, chosen) in cases {
            let choice = try await choose(ip: ip, ppp: ppp)
            #expect(choice.connection.type.name == chosen, "\(ip) or \(ppp): \(choice.reason)")
            #expect(!choice.reason.isEmpty)
        }
    }

    /// A gateway with two connection services that look alike, at `/ctl/1` and `/ctl/2`.
    private static let alike = """
        <root><device><UDN>uuid:igd</UDN><serviceList><service>\
        <serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType>\
        <controlURL>/ctl/l3f</controlURL></service></serviceList><deviceList>\
        \((1...2).map { """
            <device><UDN>uuid:wan\($0)</UDN><serviceList><service>\
            <serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>\
            <serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>\
            <controlURL>/ctl/\($0)</controlURL></service></serviceList></device>
            """ }.joined())\
        </deviceList></device></root>
        """

    @Test(
        "of equals takes the one that the gateway calls its default, if it names one",
        arguments: [
            ("uuid:wan1:WANConnectionDevice:1,urn:upnp-org:serviceId:WANIPConn1", 1),
            ("uuid:wan2:WANConnectionDevice:1,urn:upnp-org:serviceId:WANIPConn1", 2),
            (" uuid:wan2:WANConnectionDevice:1 , urn:upnp-org:serviceId:WANIPConn1 ", 2),
            ("uuid:wan2:WANConnectionDevice:1,urn:upnp-org:serviceId:WANIPConn9", 1),
            ("uuid:wan2:WANConnectionDevice:1", 1), ("", 1), (nil, 1),
        ] as [(String?, Int)])
    func asksForDefault(name: String?, chosen: Int) async throws {
        let http = ScriptedHTTP { request in
            guard request.url.target != "/ctl/l3f" else {
                guard let name else { return .soap(fault: 401) }
                return .soap(
                    "GetDefaultConnectionService",
                    "<NewDefaultConnectionService>\(name)</NewDefaultConnectionService>")
            }
            let text = request.call.map { String(decoding: $0.body, as: UTF8.self) } ?? ""
            return text.contains("GetStatusInfo")
                ? .soap("GetStatusInfo", "<NewConnectionStatus>Up</NewConnectionStatus>")
                : .soap(
                    "GetExternalIPAddress",
                    "<NewExternalIPAddress>11.22.33.1</NewExternalIPAddress>")
        }
        let location = try HTTPURL(Self.location)
        let device = UPnPDevice(
            try DeviceDescription(parsing: Array(Self.alike.utf8), from: location), at: location,
            from: Self.local, http: http)
        let choice = try #require(try await IGDChoice.among(device, until: .now + .seconds(30)))
        #expect(choice.connection.service.control.url?.target == "/ctl/\(chosen)")
    }

    @Test(
        "reads a state in every spelling, and an uptime only where it is a number (A-17)",
        arguments: [
            ("Connected", "<NewUptime>7</NewUptime>", true, 7), ("Up", "", true, nil),
            ("UP", "<NewUpTime>7</NewUpTime>", true, 7),
            ("connected", "<NewUptime>1 day, 2 h</NewUptime>", true, nil),
            ("Disconnected", "<NewUptime>-1</NewUptime>", false, nil), ("", "", false, nil),
        ] as [(String, String, Bool, UInt32?)])
    func states(text: String, rest: String, isConnected: Bool, uptime: UInt32?) async throws {
        let gateway = ScriptedHTTP { _ in
            .soap(
                "GetStatusInfo", "<NewConnectionStatus>\(text)</NewConnectionStatus>" + rest)
        }
        let location = try HTTPURL(Self.location)
        let document = try Corpus.item("desc", "syn-leading-newline.xml").bytes
        let device = UPnPDevice(
            try DeviceDescription(parsing: document, from: location), at: location,
            from: Self.local, http: gateway)
        let choice = try #require(try await IGDChoice.among(device, until: .now + .seconds(30)))
        let status = try await choice.connection.status(until: .now + .seconds(30))
        #expect(status.isConnected == isConnected)
        #expect(status.uptimeSeconds == uptime)
    }

    @Test("does not ask a service that has no rival")
    func single() async throws {
        let http = ScriptedHTTP(documents: [:])
        let location = try HTTPURL(Self.location)
        let document = try Corpus.item("desc", "syn-leading-newline.xml").bytes
        let device = UPnPDevice(
            try DeviceDescription(parsing: document, from: location), at: location,
            from: Self.local, http: http)
        #expect(try await IGDChoice.among(device, until: .now + .seconds(30)) != nil)
        #expect(http.requests.isEmpty)
    }

    @Test(
        "reads external addresses strictly (A-18)",
        arguments: [
            ("syn-external-address-zero.xml", "none"),
            ("syn-external-address-loopback.xml", "127.0.0.1"),
            ("syn-external-address-renamed-argument.xml", "missing"),
            ("getexternalip-not-an-address.xml", "missing"),
            ("syn-response-other-action.xml", "other"),
        ])
    func addresses(item: String, expected: String) async throws {
        guard Corpus.isPresent || item.hasPrefix("syn-") else { return }
        let gateway = ScriptedHTTP { _ in .status(200, try Corpus.item("soap", item).bytes) }
        let location = try HTTPURL(Self.location)
        let document = try Corpus.item("desc", "syn-leading-newline.xml").bytes
        let device = UPnPDevice(
            try DeviceDescription(parsing: document, from: location), at: location,
            from: Self.local, http: gateway)
        let choice = try #require(try await IGDChoice.among(device, until: .now + .seconds(30)))
        do throws(any Error) {
            let address = try await choice.connection.externalAddress(until: .now + .seconds(30))
            #expect((address?.description ?? "none") == expected)
        } catch UPnPFailure.result("NewExternalIPAddress") {
            #expect(expected == "missing")
        } catch UPnPFailure.anotherAnswer {
            #expect(expected == "other")
        }
    }
}
