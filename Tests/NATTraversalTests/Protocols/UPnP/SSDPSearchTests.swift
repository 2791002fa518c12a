import Testing

@testable import NATTraversal

@Suite("SSDP searches") struct SSDPSearchTests {
    @Test("the unicast datagram is the recorded one, byte for byte (S-15)")
    func unicast() throws {
        let request = SSDPSearchRequest(
            destination: .test("192.168.77.1"), target: .rootDevices, maximumWaitSeconds: nil)
        let recorded = """
            4d 2d 53 45 41 52 43 48 20 2a 20 48 54 54 50 2f 31 2e 31 0d 0a
            48 4f 53 54 3a 20 31 39 32 2e 31 36 38 2e 37 37 2e 31 3a 31 39 30 30 0d 0a
            4d 41 4e 3a 20 22 73 73 64 70 3a 64 69 73 63 6f 76 65 72 22 0d 0a
            53 54 3a 20 75 70 6e 70 3a 72 6f 6f 74 64 65 76 69 63 65 0d 0a 0d 0a
            """
        #expect(request.encoded == bytes(recorded))
        #expect(request.encoded.count == 91)
    }

    @Test("the multicast datagram names the group and says how long to wait")
    func multicast() {
        let target = SSDPTarget(UPnPType(.device, "InternetGatewayDevice", version: 1))
        let request = SSDPSearchRequest(
            destination: .ssdpGroup, target: target, maximumWaitSeconds: 2)
        #expect(request.encoded.count == 137)
        #expect(
            String(decoding: request.encoded, as: UTF8.self) == """
                M-SEARCH * HTTP/1.1\r
                HOST: 239.255.255.250:1900\r
                MAN: "ssdp:discover"\r
                MX: 2\r
                ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r
                \r

                """)
        let wide = SSDPSearchRequest(
            destination: .ssdpLinkGroup(interfaceIndex: 3), target: .all, maximumWaitSeconds: 1)
        #expect(
            String(decoding: wide.encoded, as: UTF8.self).contains("\r\nHOST: [FF02::C]:1900\r\n"))
    }

    @Test("a target is one word of ASCII (T-11)", arguments: ["", "a b", "a\r\nEvil: 1", "é"])
    func targets(text: String) {
        #expect(SSDPTarget(rawValue: text) == nil)
    }

    @Test("a gateway is asked for by four types, three times, and as a root device after the first")
    func gatewayPlan() {
        let types = [
            "urn:schemas-upnp-org:device:InternetGatewayDevice:2",
            "urn:schemas-upnp-org:device:InternetGatewayDevice:1",
            "urn:schemas-upnp-org:service:WANIPConnection:1",
            "urn:schemas-upnp-org:service:WANPPPConnection:1",
        ]
        let plan = SSDPSearchPlan.gateway
        let all = types + ["upnp:rootdevice"]
        #expect(plan.sends.map(\.target.rawValue) == types + all + all)
        let offsets = [0, 30, 60, 90, 300, 330, 360, 390, 420, 1000, 1030, 1060, 1090, 1120]
        #expect(plan.sends.map(\.offset) == offsets.map { .milliseconds($0) })
        #expect(plan.maximumWaitSeconds == 1)
        #expect(plan.duration == .milliseconds(2500))
    }

    @Test("a scan asks for everything, within its time")
    func scanPlan() {
        let plan = SSDPSearchPlan.scan(for: nil, duration: .seconds(1))
        #expect(Set(plan.sends.map(\.target)) == [.all, .rootDevices])
        #expect(plan.sends.map(\.offset) == [0, 30, 300, 330].map { .milliseconds($0) })
        #expect(plan.maximumWaitSeconds == 2)
    }

    @Test("unicast and multicast go out at the same moment, and on again where there is time (S-4)")
    func sending() async throws {
        let network = ScriptedUPnPNetwork(http: ScriptedHTTP(documents: [:])) { _, _ in [] }
        let link = SSDPLink(
            source: .v4(.loopback), interfaceIndex: 1, gateways: [.test("192.168.77.1")])
        let transport = try network.datagrams(on: link)
        let search = SSDPSearch(
            plan: .gateway, link: link, transport: transport,
            deadline: transport.now + .seconds(6))
        #expect(try await search.run { _ in } == 0)
        let sent = network.sent
        // Two rounds more, 2.5 s and 5.5 s after the start.
        #expect(sent.count == 2 * (14 + 5 + 5))
        // Not as one burst (S-1).
        let multicasts = network.sendTimes.indices.filter { $0.isMultiple(of: 2) }
            .map { network.sendTimes[$0] }
        #expect(
            multicasts.suffix(10)
                == [2500, 2530, 2560, 2590, 2620, 5500, 5530, 5560, 5590, 5620].map {
                    .milliseconds($0)
                })
        for (index, send) in sent.enumerated() {
            #expect(
                send.destination == (index.isMultiple(of: 2) ? .ssdpGroup : .test("192.168.77.1")))
            #expect(send.search.contains("\r\nMX: ") == index.isMultiple(of: 2))
        }
    }
}
