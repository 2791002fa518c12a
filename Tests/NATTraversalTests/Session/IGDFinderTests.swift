import Testing

@testable import NATTraversal

@Suite("The device that stands for the gateway") struct IGDFinderTests {
    private static let gateway = SocketAddress.test("192.168.77.1")

    /// The warnings about the device that answers from `source` with a description at `location`.
    private func warnings(
        from source: SocketAddress, at location: String
    ) async throws -> [String] {
        let description = """
            <root><device><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1\
            </serviceType><controlURL>/c</controlURL></service></device></root>
            """
        let http = ScriptedHTTP(documents: [
            "http://\(source.address):5000/d.xml": Array(description.utf8)
        ])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [ScriptedUPnPNetwork.answer(from: source, location: location)]
        }
        let finder = IGDFinder(
            GatewayTarget(
                socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port)),
            source: try #require(IPAddress("192.168.77.10")), others: [], network: network)
        _ = try await finder.find(until: .now + .seconds(300))
        return finder.warnings.map(\.code.rawValue)
    }

    @Test("is not warned of when it is the gateway")
    func gateway() async throws {
        #expect(
            try await warnings(from: Self.gateway, at: "http://192.168.77.1:5000/d.xml") == [])
    }

    @Test("is warned of when it is another (S-9, S-10)")
    func another() async throws {
        let codes = try await warnings(
            from: .test("192.168.77.2"), at: "http://192.168.77.2:5000/d.xml")
        #expect(codes == ["notDefaultGateway"])
    }

    @Test("is none at another address than the one that the user has named (S-9)")
    func named() async throws {
        let source = SocketAddress.test("192.168.77.2")
        let location = "http://192.168.77.2:5000/d.xml"
        let http = ScriptedHTTP(documents: [location: Array(Self.description.utf8)])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [ScriptedUPnPNetwork.answer(from: source, location: location)]
        }
        let target = GatewayTarget(
            socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port),
            isNamed: true)
        let finder = IGDFinder(
            target, source: try #require(IPAddress("192.168.77.10")), others: [],
            network: network)
        await #expect(throws: PortMapperError.self) {
            try await finder.find(until: .now + .seconds(300))
        }
        #expect(finder.device == nil)
    }

    @Test("is warned of when it names another host for its description (S-6)")
    func repointed() async throws {
        let codes = try await warnings(from: Self.gateway, at: "http://10.0.0.9:5000/d.xml")
        #expect(codes == ["repointedLocation"])
    }

    /// What an earlier run has found at a URL.
    private func hint(
        _ location: String, udn: String = "uuid:a"
    ) throws -> GatewayMemory.Record {
        GatewayMemory.Record(
            gateway: GatewayAddress(Self.gateway.address), location: try HTTPURL(location),
            udn: udn, isRepointed: true, bootIdentifier: "7", foundAt: .now)
    }

    /// The gateway's description with this name.
    private static func description(_ udn: String) -> [UInt8] {
        Array(
            description.replacing("<device>", with: "<device><UDN>\(udn)</UDN>").utf8)
    }

    @Test("is the remembered one, without a search, when its description has the same name")
    func remembered() async throws {
        let location = "http://192.168.77.1:5000/d.xml"
        let http = ScriptedHTTP(documents: [location: Self.description("uuid:a")])
        let network = ScriptedUPnPNetwork(http: http) { _, _ in [] }
        let finder = IGDFinder(
            GatewayTarget(
                socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port)),
            source: try #require(IPAddress("192.168.77.10")), others: [], hint: try hint(location),
            limits: IGDFinder.Limits(remembered: .seconds(100)), network: network)
        _ = try await finder.find(until: .now + .seconds(300))
        #expect(network.sent.isEmpty)
        #expect(finder.hasHeard)
        #expect(finder.device?.bootIdentifier == "7")
        // The warning is that of the first run.
        #expect(finder.warnings.map(\.code.rawValue) == ["repointedLocation"])
        // What is forgotten is searched for.
        finder.forget()
        await #expect(throws: PortMapperError.self) {
            try await finder.find(until: .now + .seconds(300))
        }
        #expect(!network.sent.isEmpty)
    }

    @Test(
        "is searched for when the remembered description is gone, hangs, or is another device's",
        arguments: ["gone", "hangs", "another"])
    func staleMemory(fault: String) async throws {
        let (old, new) = ("http://192.168.77.1:4000/d.xml", "http://192.168.77.1:5000/d.xml")
        let http = ScriptedHTTP { request in
            if request.url.description == new { return .status(200, Self.description("uuid:b")) }
            switch fault {
            case "gone": throw HTTPClientError.connection(SystemError("connect", code: 111))
            case "hangs": throw HTTPClientError.timeout
            default: return .status(200, Self.description("uuid:b"))
            }
        }
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [ScriptedUPnPNetwork.answer(from: Self.gateway, location: new)]
        }
        let finder = IGDFinder(
            GatewayTarget(
                socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port)),
            source: try #require(IPAddress("192.168.77.10")), others: [], hint: try hint(old),
            network: network)
        _ = try await finder.find(until: .now + .seconds(300))
        #expect(finder.device?.location.description == new)
        #expect(finder.warnings.isEmpty)
    }

    private func finder(
        _ http: ScriptedHTTP, answering delay: Duration = .milliseconds(1),
        from source: SocketAddress = gateway
    ) throws -> IGDFinder {
        let network = ScriptedUPnPNetwork(http: http) { search, _ in
            // Once, and to one of the searches.
            guard search.contains("InternetGatewayDevice:1") else { return [] }
            return [
                ScriptedUPnPNetwork.answer(
                    from: source, location: "http://\(source.address):5000/d.xml", delay: delay)
            ]
        }
        // The network's clock jumps; these limits are only for a machine that is busy elsewhere.
        return IGDFinder(
            GatewayTarget(
                socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port)),
            source: try #require(IPAddress("192.168.77.10")), others: [],
            limits: IGDFinder.Limits(search: .seconds(100)), network: network)
    }

    private static let description = """
        <root><device><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1\
        </serviceType><controlURL>/c</controlURL></service></device></root>
        """

    @Test("is heard late when the search lasts that long (S-14)")
    func late() async throws {
        let http = ScriptedHTTP { _ in .status(200, Array(Self.description.utf8)) }
        let budget = { TimeBudget(limit: .seconds(300)) }
        await #expect(throws: PortMapperError.self) {
            try await finder(http, answering: .seconds(150)).find(budget())
        }
        _ = try await finder(http, answering: .seconds(150)).find(budget(), silence: .seconds(200))
        _ = try await finder(http, answering: .seconds(150)).find(until: .now + .seconds(300))
    }

    @Test("is asked for its description longer than the search lasts, once it has answered")
    func slowDescription() async throws {
        let failures = Locked(12)
        let http = ScriptedHTTP { _ in
            let isLost = failures.withLock { count in
                count -= 1
                return count >= 0
            }
            if isLost { throw HTTPClientError.timeout }
            return .status(200, Array(Self.description.utf8))
        }
        let now = ContinuousClock.now
        _ = try await finder(http).find(
            until: now + .seconds(300), searchingUntil: now + .seconds(100))
        // 3 s of silence, then 6, then 10 each time.
        #expect(http.elapsed == .seconds(109))
    }

    @Test("is not waited for longer because another device hangs")
    func hungStranger() async throws {
        let http = ScriptedHTTP { _ in throw HTTPClientError.timeout }
        let now = ContinuousClock.now
        await #expect(throws: PortMapperError.self) {
            try await finder(http, from: .test("192.168.77.2")).find(
                until: now + .seconds(300), searchingUntil: now + .seconds(6))
        }
        #expect(http.elapsed < .seconds(7))
    }

    @Test("that cannot be used is told from one that is not there")
    func unusable() async throws {
        let answers: [(ScriptedHTTP.Responder, isBadAnswer: Bool)] = [
            ({ _ in .status(200, Array("<root><device>".utf8)) }, true),
            ({ _ in .status(200, Array("<html></html>".utf8)) }, true),
            ({ _ in .status(404) }, true),
            (
                { _ in throw HTTPClientError.connection(SystemError("connect", code: 111)) }, false
            ),
            ({ _ in throw HTTPClientError.message(.nothing) }, true),
        ]
        for (answer, isBadAnswer) in answers {
            let finder = try finder(ScriptedHTTP(answer))
            let error = await #expect(throws: PortMapperError.self) {
                try await finder.find(TimeBudget(limit: .seconds(300)))
            }
            #expect(finder.foundButUnusable?.location.host == Self.gateway.address)
            switch error {
            case .badAnswer(_, let technique, _): #expect(isBadAnswer && technique == .upnp)
            case .closed: #expect(!isBadAnswer)
            default: Issue.record("\(String(describing: error))")
            }
        }
        let http = ScriptedHTTP { _ in .status(200, Array("<root><device>".utf8)) }
        let nobody = try finder(http, answering: .seconds(299))
        await #expect(throws: PortMapperError.self) {
            try await nobody.find(TimeBudget(limit: .seconds(300)))
        }
        #expect(nobody.foundButUnusable == nil)
        // Another host's broken device says nothing of the gateway.
        let other = try finder(http, from: .test("192.168.77.2"))
        await #expect(throws: PortMapperError.self) {
            try await other.find(TimeBudget(limit: .seconds(300)))
        }
        #expect(other.foundButUnusable == nil)
    }

    @Test("is asked by the interface that the user names")
    func interface() throws {
        let network = SystemUPnPNetwork(interface: "eth7")
        let link = SSDPLink(source: .v4(.loopback), interfaceIndex: 1)
        for link in [link, nil] {
            let http = try #require(network.http(on: link) as? HTTPClient)
            #expect(http.interface == "eth7")
        }
        let target = GatewayTarget(
            socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port),
            interface: "eth7")
        let finder = IGDFinder(
            target, source: try #require(IPAddress("192.168.77.10")), others: [])
        let http = finder.browser().network.http(on: nil) as? HTTPClient
        #expect(http?.interface == "eth7")
    }
}
