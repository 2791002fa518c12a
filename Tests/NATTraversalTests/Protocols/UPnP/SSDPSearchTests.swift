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

@Suite("SSDP answers and their limits") struct SSDPRepliesTests {
    private let gateway = SocketAddress.test("192.168.77.1", port: 55618)

    private func datagram(_ source: SocketAddress, _ location: String) -> Datagram {
        let answer = ScriptedUPnPNetwork.answer(from: source, location: location)
        return Datagram(source: answer.source, payload: answer.payload)
    }

    private func replies(_ limits: SSDPLimits = .gateway) -> SSDPReplies {
        SSDPReplies(gateways: [gateway.address], limits: limits)
    }

    @Test("an answer counts once, from whatever port it comes (S-3, S-7)")
    func repetition() throws {
        var replies = replies()
        let location = "http://192.168.77.1:5000/d.xml"
        let new = replies.receive(datagram(gateway, location))
        let reply = try #require(new)
        #expect(reply.isGateway)
        #expect(!reply.isRepointed)
        #expect(replies.receive(datagram(gateway, location)) == nil)
        #expect(replies.receive(datagram(.test("192.168.77.1"), location)) == nil)
        #expect(replies.ignored == 0)
    }

    @Test("a LOCATION elsewhere is repointed to the sender, and known as the same place (S-6)")
    func repointing() throws {
        var replies = replies()
        let new = replies.receive(datagram(gateway, "http://10.0.0.9:5000/d.xml"))
        let reply = try #require(new)
        #expect(reply.isRepointed)
        #expect(reply.url.description == "http://192.168.77.1:5000/d.xml")
        #expect(replies.receive(datagram(gateway, "http://192.168.77.1:5000/d.xml")) == nil)
    }

    @Test(
        "announcements, searches and noise are no answers (S-13)",
        arguments: [
            "NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\nLOCATION: http://192.168.77.1/\r\n\r\n",
            "M-SEARCH * HTTP/1.1\r\nLOCATION: http://192.168.77.1/\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nLOCATION: http://192.168.77.1/\r\n\r\n", "", "\r\n",
        ])
    func others(text: String) {
        var replies = replies()
        #expect(replies.receive(Datagram(source: gateway, payload: Array(text.utf8))) == nil)
    }

    @Test("ten thousand answers cannot crowd out the gateway, nor each other (T-4)")
    func flood() {
        var replies = replies()
        var kept = 0
        for number in 0..<10_000 {
            let source = SocketAddress.test("192.168.77.\(100 + number % 100)")
            let location = "http://\(source.address):5000/\(number)"
            if replies.receive(datagram(source, location)) != nil { kept += 1 }
        }
        #expect(kept == 32)
        #expect(replies.receive(datagram(gateway, "http://192.168.77.1:5000/d.xml")) != nil)
        #expect(replies.ignored == 10_000 - 32)
    }

    @Test("one source has four places, the gateway too")
    func perSource() {
        for source in [gateway, .test("192.168.77.50")] {
            var replies = replies()
            let kept = (0..<10).filter { number in
                replies.receive(datagram(source, "http://\(source.address)/\(number)")) != nil
            }
            #expect(kept == [0, 1, 2, 3])
            #expect(replies.ignored == 6)
        }
    }

    @Test("the gateway's description is fetched first and needs no place (T-4, S-8)")
    func order() {
        var replies = replies(.scan)
        var queue = SSDPFetchQueue(limits: .gateway)
        for number in 10..<20 {
            let source = SocketAddress.test("192.168.77.\(number)")
            if let reply = replies.receive(datagram(source, "http://\(source.address)/")) {
                queue.add(reply)
            }
        }
        let busy = (0..<4).compactMap { _ in queue.next() }
        #expect(busy.count == 4)
        #expect(queue.next() == nil)
        if let reply = replies.receive(datagram(gateway, "http://192.168.77.1/")) {
            queue.add(reply)
        }
        #expect(queue.next()?.source == gateway)
        #expect(queue.next() == nil)
        queue.finished(busy[0])
        #expect(queue.next()?.source == .test("192.168.77.14"))
    }

    @Test("a host that says nothing holds one place, whatever it announces (T-4)")
    func onePlaceEach() {
        var replies = replies(.scan)
        var queue = SSDPFetchQueue(limits: .scan)
        for number in 0..<10 {
            let reply = replies.receive(
                datagram(.test("192.168.77.66"), "http://192.168.77.66/\(number)"))
            if let reply { queue.add(reply) }
        }
        let last = replies.receive(datagram(.test("192.168.77.67"), "http://192.168.77.67/"))
        if let last { queue.add(last) }
        #expect(queue.next()?.source == .test("192.168.77.66"))
        #expect(queue.next() == last)
        #expect(queue.next() == nil)
    }

    @Test("the gateway is asked one thing at a time, unless it is slow (A-22, H-13, T-4)")
    func oneGatewayRequest() {
        var replies = replies()
        var queue = SSDPFetchQueue(limits: .gateway)
        let found = (0..<3).compactMap {
            replies.receive(datagram(gateway, "http://192.168.77.1:5000/\($0)"))
        }
        found.forEach { queue.add($0) }
        #expect(queue.next() == found[0])
        #expect(queue.next() == nil)
        queue.isSlow(found[0])
        #expect(queue.next() == found[1])
        #expect(queue.next() == nil)
        queue.finished(found[1])
        #expect(queue.next() == found[2])
        queue.finished(found[2])
        #expect(!queue.isIdle)
        queue.finished(found[0])
        // What was noted too late changes nothing.
        queue.isSlow(found[0])
        #expect(queue.isIdle)
    }

    @Test("no more descriptions are fetched than the limit, but the gateway's")
    func descriptions() {
        var limits = SSDPLimits.gateway
        limits.locationsPerInterface = 100
        var replies = replies(limits)
        var queue = SSDPFetchQueue(limits: limits)
        for number in 10..<40 {
            let source = SocketAddress.test("192.168.77.\(number)")
            if let reply = replies.receive(datagram(source, "http://\(source.address)/")) {
                queue.add(reply)
            }
        }
        var fetched = 0
        while let reply = queue.next() {
            fetched += 1
            queue.finished(reply)
        }
        #expect(fetched == 16)
        #expect(queue.ignored == 14)
        #expect(queue.isIdle)
        if let reply = replies.receive(datagram(gateway, "http://192.168.77.1/")) {
            queue.add(reply)
        }
        #expect(queue.next()?.source == gateway)
    }
}
