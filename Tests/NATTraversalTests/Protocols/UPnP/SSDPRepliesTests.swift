import Testing

@testable import NATTraversal

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

    @Test(
        "an answer counts whatever target it names, or none (S-2)",
        arguments: ["upnp:rootdevice", "urn:schemas-upnp-org:device:Lamp:1", "", "\u{0}"])
    func targets(target: String) {
        var replies = replies()
        let answer = ScriptedUPnPNetwork.answer(
            from: gateway, location: "http://192.168.77.1:5000/d.xml", target: target)
        let reply = replies.receive(Datagram(source: gateway, payload: answer.payload))
        #expect(reply != nil)
    }

    @Test("an answer that was cut counts as long as its LOCATION is whole (S-12)")
    func cut() throws {
        let whole = datagram(gateway, "http://192.168.77.1:5000/d.xml").payload
        let text = String(decoding: whole, as: UTF8.self)
        let end = try #require(text.firstRange(of: "d.xml")).upperBound
        let least = text.utf8.distance(from: text.startIndex, to: end)
        for length in least...whole.count {
            var replies = replies()
            var datagram = Datagram(source: gateway, payload: Array(whole.prefix(length)))
            datagram.isTruncated = length < whole.count
            let reply = replies.receive(datagram)
            #expect(reply?.url.target == "/d.xml", "\(length) of \(whole.count) bytes")
        }
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
        "a link-local sender that names an address of wider scope names its own, and is asked itself",
        arguments: [
            ("http://[fd77::1]:5000/d.xml", false), ("http://[2a00:77::1]:5000/d.xml", false),
            ("http://[fe80::2]:5000/d.xml", true), ("http://[::1]:5000/d.xml", true),
            ("http://192.168.77.1:5000/d.xml", true), ("http://router:5000/d.xml", true),
        ])
    func widerScope(location: String, isRepointed: Bool) throws {
        var source = SocketAddress.test("fe80::1")
        source.scopeID = 3
        var replies = SSDPReplies(gateways: [source.address], limits: .gateway)
        let new = replies.receive(datagram(source, location))
        let reply = try #require(new)
        #expect(reply.url.description == "http://[fe80::1]:5000/d.xml")
        #expect(reply.url.scopeID == 3)
        #expect(reply.isRepointed == isRepointed)
        #expect(reply.isGateway)
    }

    @Test("a gateway with a wide address that names another one of its own is asked itself (S-6)")
    func widerScopeOfGateway() throws {
        for (sender, isRepointed) in [("fd77::1", false), ("fd77::2", true)] {
            var replies = SSDPReplies(
                gateways: [SocketAddress.test("fd77::1").address], limits: .gateway)
            let new = replies.receive(datagram(.test(sender), "http://[2a00:77::1]:5000/d.xml"))
            let reply = try #require(new)
            #expect(reply.url.host.description == sender)
            #expect(reply.isRepointed == isRepointed)
        }
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
