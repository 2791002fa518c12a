import Testing

@testable import NATTraversal

@Suite("The UPnP browser") struct UPnPBrowserTests {
    private static let gateway = SocketAddress.test("192.168.1.1")
    private static let link = SSDPLink(
        source: .v4(IPv4Address(rawValue: 0xC0A8_010A)), interfaceIndex: 1, gateways: [gateway])

    private func description(_ name: String) throws -> [UInt8] {
        try Corpus.item("desc", name).bytes
    }

    private func find(_ network: ScriptedUPnPNetwork) async throws -> UPnPGatewaySearch {
        let browser = UPnPBrowser(links: [Self.link], network: network)
        return try await browser.findGateway(until: .now + .seconds(3600))
    }

    @Test("finds the default gateway's service though others answer first (S-8, S-9)")
    func defaultGateway() async throws {
        let document = try description("syn-ip-and-ppp-both-present.xml")
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.1:5000/d.xml": document, "http://192.168.1.7:5000/d.xml": document,
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, destination in
            guard destination == .ssdpGroup else { return [] }
            return [
                ScriptedUPnPNetwork.answer(
                    from: .test("192.168.1.7"), location: "http://192.168.1.7:5000/d.xml"),
                ScriptedUPnPNetwork.answer(
                    from: Self.gateway, location: "http://192.168.1.1:5000/d.xml",
                    delay: .milliseconds(200)),
            ]
        }
        guard case .found(let device) = try await find(network) else {
            Issue.record("nothing found")
            return
        }
        #expect(device.isDefaultGateway)
        #expect(device.location.host == Self.gateway.address)
        #expect(device.connectionServices.map(\.name) == ["WANIPConnection", "WANPPPConnection"])
        #expect(device.localAddress?.description == "192.168.77.10")
    }

    @Test("takes a gateway at another address when the default one has nothing (S-10)")
    func anotherAddress() async throws {
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.7:5000/d.xml": try description("syn-leading-newline.xml")
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ScriptedUPnPNetwork.answer(
                    from: .test("192.168.1.7"), location: "http://192.168.1.7:5000/d.xml")
            ]
        }
        guard case .found(let device) = try await find(network) else {
            Issue.record("nothing found")
            return
        }
        #expect(!device.isDefaultGateway)
    }

    /// A sender of an answer, what is known of it and the gateway, and whether they are one.
    struct Sender: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sender = "2a00:77:1::1"
        var gateway = "fd77::1"
        var neighbours: [String: [UInt8]]
        var isGateway: Bool

        private static let (one, other): ([UInt8], [UInt8]) = (
            [2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]
        )
        static let all = [
            Sender(
                testDescription: "one interface",
                neighbours: ["2a00:77:1::1": one, "fd77::1": one], isGateway: true),
            Sender(
                testDescription: "two interfaces",
                neighbours: ["2a00:77:1::1": other, "fd77::1": one], isGateway: false),
            Sender(
                testDescription: "an unknown gateway", neighbours: ["2a00:77:1::1": one],
                isGateway: false),
            Sender(
                testDescription: "an unknown sender", neighbours: ["fd77::1": one],
                isGateway: false),
            Sender(testDescription: "nothing known", neighbours: [:], isGateway: false),
            Sender(
                testDescription: "a repeater's ARP", sender: "192.168.1.7", gateway: "192.168.1.1",
                neighbours: ["192.168.1.7": one, "192.168.1.1": one], isGateway: false),
        ]
    }

    @Test(
        "knows an IPv6 gateway by its interface when it answers from another address (S-10)",
        arguments: Sender.all)
    func anotherAddressOfItsInterface(sender: Sender) async throws {
        let host = sender.sender.contains(":") ? "[\(sender.sender)]" : sender.sender
        let http = ScriptedHTTP(documents: [
            "http://\(host):5000/d.xml": try description("syn-leading-newline.xml")
        ])
        let network = ScriptedUPnPNetwork(http: http, neighbours: sender.neighbours) { _, _ in
            [
                ScriptedUPnPNetwork.answer(
                    from: .test(sender.sender), location: "http://[fd77:9::1]:5000/d.xml")
            ]
        }
        let link = SSDPLink(
            source: SocketAddress.test(sender.sender).address, interfaceIndex: 1,
            gateways: [.test(sender.gateway)])
        let browser = UPnPBrowser(links: [link], network: network)
        let search = try await browser.findGateway(until: .now + .seconds(300))
        guard case .found(let device) = search else {
            Issue.record("nothing found")
            return
        }
        #expect(device.isDefaultGateway == sender.isGateway)
        // What it names is its own as well, but never fetched (T-1).
        #expect(device.isRepointed == !sender.isGateway)
        #expect(http.requests.allSatisfy { $0.url.host.description == sender.sender })
    }

    @Test(
        "takes no other device once the default gateway has answered (S-9, T-11)",
        arguments: [
            "speedtouch-5x6-no-wan-connection-device.xml", "syn-html-instead.xml",
        ])
    func defaultGatewayWithoutService(item: String) async throws {
        guard Corpus.isPresent else { return }
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.1:5000/d.xml": try description(item),
            "http://192.168.1.7:5000/d.xml": try description("syn-leading-newline.xml"),
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [Self.gateway, .test("192.168.1.7")].map {
                ScriptedUPnPNetwork.answer(
                    from: $0, location: "http://\($0.address):5000/d.xml")
            }
        }
        if case .found(let device) = try await find(network) {
            Issue.record("\(device.location)")
        }
    }

    @Test("tells a gateway without a mapping service from none (D-8)")
    func notOffered() async throws {
        let item = "speedtouch-5x6-no-wan-connection-device.xml"
        guard Corpus.isPresent else { return }
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.1:5000/d.xml": try description(item)
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ScriptedUPnPNetwork.answer(
                    from: Self.gateway, location: "http://192.168.1.1:5000/d.xml")
            ]
        }
        guard case .notOffered = try await find(network) else {
            Issue.record("not seen")
            return
        }
    }

    @Test("says that nothing is there when nothing answers")
    func silence() async throws {
        let network = ScriptedUPnPNetwork(http: ScriptedHTTP(documents: [:])) { _, _ in [] }
        guard case .nothing = try await find(network) else {
            Issue.record("found something")
            return
        }
    }

    @Test("contacts nobody but who answered, whatever a LOCATION says (T-1)")
    func onlySenders() async throws {
        let locations = [
            "http://127.0.0.1:80/", "http://169.254.169.254/latest/", "http://192.168.1.77/admin",
            "http://[::ffff:192.168.1.77]:5000/", "http://router.lan/", "http://2130706433/",
            "https://192.168.1.1/", "file:///etc/passwd", "http://a@192.168.1.1/",
            "http://192.168.1.1:0/",
        ]
        let http = ScriptedHTTP(documents: [:])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            locations.enumerated().map { index, location in
                ScriptedUPnPNetwork.answer(
                    from: .test("192.168.1.\(20 + index)"), location: location)
            }
        }
        _ = try await find(network)
        let hosts = Set(http.requests.map(\.url.host.description))
        #expect(hosts == Set((20...25).map { "192.168.1.\($0)" }))
    }

    @Test(
        "lists a device once that is heard over both families (S-16)",
        arguments: AddressFamily.allCases)
    func bothFamilies(first: AddressFamily) async throws {
        let document = try description("syn-leading-newline.xml")
        let found = Locked<[String]>([])
        let documents = [
            "http://192.168.1.1:5000/d.xml": document, "http://[fe80::1]:5000/d.xml": document,
            "http://192.168.1.7:5000/d.xml": document,
        ]
        let http = ScriptedHTTP(documents: documents) { request in
            guard request.url.host.family != first else { return }
            while found.current.count < (first == .ipv4 ? 2 : 1) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        let network = ScriptedUPnPNetwork(http: http) { _, destination in
            let sources =
                destination.address.family == .ipv4 ? ["192.168.1.1", "192.168.1.7"] : ["fe80::1"]
            return sources.map { source in
                let host = source.contains(":") ? "[\(source)]" : source
                return ScriptedUPnPNetwork.answer(
                    from: .test(source), location: "http://\(host):5000/d.xml")
            }
        }
        let wide = SSDPLink(source: .v6(.loopback), interfaceIndex: 1)
        let browser = UPnPBrowser(links: [Self.link, wide], network: network)
        _ = try await browser.scan(duration: .seconds(3600)) { device in
            found.withLock { $0.append(device.location.host.description) }
        }
        // Another host of the same family is another device, whatever name it gives.
        let hosts = found.current.sorted()
        switch first {
        case .ipv4: #expect(hosts == ["192.168.1.1", "192.168.1.7"])
        // The IPv4 host that is heard first is taken for the same device.
        case .ipv6: #expect(hosts.count == 2 && hosts.last == "fe80::1", "\(hosts)")
        }
    }

    @Test("lists a device once that names two descriptions, and another of the same name (S-11)")
    func twoLocations() async throws {
        let document = try description("syn-leading-newline.xml")
        let other = Array(
            String(decoding: document, as: UTF8.self)
                .replacing("WANIPConnection:1", with: "Layer3Forwarding:1").utf8)
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.1:5000/d.xml": document, "http://192.168.1.1:80/e.xml": document,
            "http://192.168.1.1/e.xml": document, "http://192.168.1.1:5000/f.xml": other,
            "http://192.168.1.7:5000/d.xml": document,
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ("192.168.1.1", ":5000/d.xml"), ("192.168.1.1", "/e.xml"),
                ("192.168.1.1", ":5000/f.xml"), ("192.168.1.7", ":5000/d.xml"),
            ].map { source, rest in
                ScriptedUPnPNetwork.answer(from: .test(source), location: "http://\(source)\(rest)")
            }
        }
        let found = Locked<[String]>([])
        let browser = UPnPBrowser(links: [Self.link], network: network)
        _ = try await browser.scan(duration: .seconds(3600)) { device in
            found.withLock { $0.append(device.location.host.description) }
        }
        // Another tree of the same host is shown (D-12), and so is another host.
        #expect(found.withLock { $0.sorted() } == ["192.168.1.1", "192.168.1.1", "192.168.1.7"])
    }

    @Test("lists five hundred devices, every one")
    func crowd() async throws {
        let document = try description("syn-leading-newline.xml")
        let http = ScriptedHTTP { _ in .status(200, document) }
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            (0..<500).map { number in
                let host = "192.168.\(number / 250 + 2).\(number % 250 + 1)"
                return ScriptedUPnPNetwork.answer(
                    from: .test(host), location: "http://\(host):5000/d.xml")
            }
        }
        let found = Locked<Set<IPAddress>>([])
        let browser = UPnPBrowser(links: [Self.link], network: network)
        let summary = try await browser.scan(duration: .seconds(3600)) { device in
            found.withLock { _ = $0.insert(device.location.host) }
        }
        #expect(found.current.count == 500)
        // Each is heard once more for each search; the limit is on answers, not on devices.
        #expect(summary.ignored == 0)
        #expect(http.requests.count == 500)
    }

    @Test("lists a device whose description cannot be read, with the reason")
    func undescribed() async throws {
        let http = ScriptedHTTP(documents: [
            "http://192.168.1.1/": try description("syn-html-instead.xml")
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ScriptedUPnPNetwork.answer(from: Self.gateway, location: "http://192.168.1.1/"),
                ScriptedUPnPNetwork.answer(
                    from: .test("192.168.1.2"), location: "http://192.168.1.2/"),
            ]
        }
        let found = Locked<[UPnPDevice]>([])
        let browser = UPnPBrowser(links: [Self.link], network: network)
        _ = try await browser.scan(duration: .seconds(3600)) { device in
            found.withLock { $0.append(device) }
        }
        let devices = found.withLock { $0 }
        #expect(devices.count == 2)
        for device in devices {
            #expect(device.services.isEmpty)
            guard case .badAnswer = device.problem else {
                Issue.record("\(device.location): \(String(describing: device.problem))")
                continue
            }
        }
    }
}
