import TestSupport
import Testing

@testable import NATTraversal

@Suite("A pinhole by UPnP") struct PinholeTechniqueTests {
    private static let gateway = SocketAddress(
        .v6(IPv6Address(rawValue: 0xFE80 << 112 | 1)), port: 1900, scopeID: 1)
    private static let client = IPv6Address(rawValue: 0x2A00_0077_0001 << 80 | 0x10)

    /// The network's clock jumps; this one is only for a machine that is busy elsewhere.
    private var limit: AskLimit { AskLimit(budget: TimeBudget(limit: .seconds(600))) }

    private let firewall = ScriptedFirewall()
    private let transport = ScriptedTransport()

    private func technique() -> PinholeTechnique {
        var address = Self.gateway
        address.port = GatewaySocket.port
        // The network's clock jumps; these limits are only for a machine that is busy elsewhere.
        let finder = PinholeFinder(
            GatewayTarget(socketAddress: address), source: .v6(Self.client), others: [],
            limits: .init(search: .seconds(300)), network: firewall.network(Self.gateway))
        return PinholeTechnique(finder, transport.gatewaySocket)
    }

    private func attempt(_ port: UInt16 = 8080, lifetime: Duration = .seconds(600)) throws
        -> MappingAttempt
    {
        let port = try TestPort.number(port)
        var request = MappingRequest(.tcp, internalPort: port)
        request.lifetime = lifetime
        return MappingAttempt(
            request, key: key(port), isThirdParty: false, old: nil,
            MappingAttempt.Terms(only: .upnp))
    }

    private func key(_ port: PortNumber) -> Lease.Key {
        Lease.Key(
            gateway: GatewayAddress(Self.gateway.address), transport: .tcp,
            internalAddress: .v6(Self.client), internalPort: port)
    }

    private func lease(_ technique: Technique = .upnp, remoteHost: IPAddress? = nil) throws -> Lease
    {
        let key = key(try TestPort.number(8080))
        return try Lease.sample { lease in
            lease.key = key
            lease.technique = technique
            lease.remoteHost = remoteHost
        }
    }

    @Test("is the port itself, and every request says so in its own words")
    func opens() async throws {
        var recorded: [PortNumber] = []
        let answers = try await technique().map([attempt()], limit) { _, port in
            recorded.append(port)
        }
        let grant = try #require(try answers.first?.result.get())
        #expect(grant.technique == .upnp)
        #expect(grant.externalAddress == .v6(Self.client))
        #expect(grant.externalPort == 8080)
        #expect(grant.lifetimeSeconds == 600)
        #expect(!grant.isFirewallOff)
        #expect(recorded == [8080])
        #expect(
            firewall.calls == [
                "GetFirewallStatus", "AddPinhole  0 2a00:77:1::10 8080 6 600",
                "UpdatePinhole 1 600",
            ])
    }

    @Test("asks for the state of the firewall once for several ports")
    func opensSeveral() async throws {
        let answers = try await technique().map(
            [attempt(8080), attempt(8081)], limit
        ) { _, _ in }
        #expect(try answers.map { try $0.result.get().externalPort } == [8080, 8081])
        #expect(firewall.calls.count { $0 == "GetFirewallStatus" } == 1)
        #expect(firewall.open == ["6 8080 600", "6 8081 600"])
    }

    @Test("keeps the lease that was asked for where the gateway adds it to its uptime (A-24)")
    func renews() async throws {
        firewall.state.withLock { $0.growsLeases = true }
        let technique = technique()
        for _ in 1...3 {
            _ = try await technique.map([attempt()], limit) { _, _ in }
            #expect(firewall.open == ["6 8080 600"])
        }
    }

    @Test("is there all the same where the lease cannot be corrected", arguments: [402, 501, 606])
    func correctionFails(code: Int) async throws {
        firewall.state.withLock { $0.faults["UpdatePinhole"] = [.code(code)] }
        let answers = try await technique().map([attempt()], limit) { _, _ in }
        #expect(try answers.first?.result.get().lifetimeSeconds == 600)
    }

    @Test("lasts a day at most, and a second at least")
    func limitsLease() async throws {
        for (asked, granted) in [(Duration.seconds(172_800), UInt32(86400)), (.zero, 1)] {
            let answers = try await technique().map(
                [attempt(lifetime: asked)], limit
            ) { _, _ in }
            #expect(try answers.first?.result.get().lifetimeSeconds == granted)
            #expect(firewall.open == ["6 8080 \(granted)"])
        }
    }

    @Test(
        "that the gateway refuses has its code and the kind of exit code",
        arguments: [
            (701, "PinholeSpaceExhausted", GatewayRefusal.Kind.noRoom),
            (703, "InboundPinholeNotAllowed", .denied), (606, "ActionNotAuthorized", .denied),
            (705, "ProtocolNotSupported", .denied),
            (706, "InternalPortWildcardingNotAllowed", .denied),
            (707, "ProtocolWildcardingNotAllowed", .denied),
            (708, "WildCardNotPermittedInSrcIP", .denied), (501, "ActionFailed", .denied),
        ])
    func refuses(code: Int, name: String, kind: GatewayRefusal.Kind) async throws {
        firewall.state.withLock { $0.faults["AddPinhole"] = [.code(code)] }
        let answers = try await technique().map([attempt()], limit) { _, _ in }
        let answer = try #require(answers.first)
        guard case .failure(.refused(let refusal)) = answer.result else {
            Issue.record("\(answer.result)")
            return
        }
        #expect(refusal.code == code)
        #expect(refusal.name == name)
        #expect(refusal.kind == kind)
        #expect(answer.openPort == nil)
        // Nothing is asked a second time, and nothing is tried in another form.
        #expect(firewall.calls.count == 2)
    }

    @Test("is not needed where the firewall is off, and opens nothing", arguments: [true, false])
    func firewallOff(isToldByStatus: Bool) async throws {
        firewall.state.withLock { state in
            if isToldByStatus {
                state.isEnabled = "0"
            } else {
                state.faults["GetFirewallStatus"] = [.code(401)]
                state.faults["AddPinhole"] = [.code(702)]
            }
        }
        let attempt = try attempt()
        let answers = try await technique().map([attempt], limit) { _, _ in }
        let grant = try #require(try answers.first?.result.get())
        #expect(grant.isFirewallOff)
        #expect(firewall.open == [])
        var settled = attempt
        settled.take(answers[0], by: .upnp, wasOpened: false, at: .now)
        let warnings = settled.warnings(gateway: Self.gateway.address).map(\.code)
        #expect(warnings == ["firewallOff"])
    }

    @Test("is refused where the gateway says beforehand that it opens nothing")
    func inboundNotAllowed() async throws {
        firewall.state.withLock { $0.allowsInbound = "0" }
        let answers = try await technique().map([attempt()], limit) { _, _ in }
        guard case .failure(.refused(let refusal)) = answers[0].result else {
            Issue.record("\(answers[0].result)")
            return
        }
        #expect(refusal.code == 703)
        #expect(firewall.calls == ["GetFirewallStatus"])
    }

    @Test("is added once more where the answer is lost, and is one pinhole")
    func lostAnswer() async throws {
        firewall.state.withLock {
            $0.faults["AddPinhole"] = [.done(.failure(.timeout)), .done(.failure(.timeout))]
        }
        let answers = try await technique().map([attempt()], limit) { _, _ in }
        #expect(try answers.first?.result.get().externalPort == 8080)
        #expect(firewall.open == ["6 8080 600"])
        #expect(firewall.calls.count { $0.hasPrefix("AddPinhole") } == 3)
    }

    @Test("may be open where no answer comes at all, and its port is remembered")
    func silence() async throws {
        firewall.state.withLock {
            $0.faults["AddPinhole"] = Array(repeating: .failure(.timeout), count: 1000)
        }
        let answers = try await technique().map([attempt()], limit) { _, _ in }
        #expect(throws: PortMapperError.self) { try answers[0].result.get() }
        #expect(answers[0].openPort == 8080)
    }

    @Test(
        "is closed by the identifier that adding it brings, whichever technique has opened it (A-25)",
        arguments: [Technique.upnp, .pcp])
    func closes(technique: Technique) async throws {
        firewall.state.withLock { state in
            // Another pinhole of this host that has the identifier after a restart.
            state.open = [1: .init(tuple: ["", "0", "2a00:77:1::10", "9000", "6"], lease: 60)]
            state.open[7] = .init(tuple: ["", "0", "2a00:77:1::10", "8080", "6"], lease: 60)
            state.lastIdentifier = 7
        }
        let outcomes = try await self.technique().delete([lease(technique)], limit)
        #expect(outcomes == [.success(.deleted)])
        #expect(firewall.open == ["6 9000 60"])
        #expect(firewall.calls.last == "DeletePinhole 7")
    }

    @Test("that is limited to a peer is closed with that peer")
    func closesLimited() async throws {
        let peer = IPAddress.v6(Self.client)
        _ = try await technique().delete([lease(remoteHost: peer)], limit)
        #expect(firewall.calls.first == "AddPinhole 2a00:77:1::10 0 2a00:77:1::10 8080 6 120")
    }

    @Test("cannot be limited to an IPv4 address")
    func refusesIPv4Peer() async throws {
        let peer = IPAddress.v4(.loopback)
        let outcomes = try await technique().delete([lease(remoteHost: peer)], limit)
        guard case .failure(.inexpressible) = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(firewall.calls == [])
    }

    @Test("that is gone, by whatever code, needs no deleting", arguments: [402, 501, 704])
    func isGone(code: Int) async throws {
        firewall.state.withLock {
            $0.faults["DeletePinhole"] = [.code(code)]
            $0.faults["UpdatePinhole"] = [.code(code)]
        }
        let outcomes = try await technique().delete([lease()], limit)
        #expect(outcomes == [.success(.absent)])
    }

    @Test(
        "that is not deleted has a short lease then, whatever the code (A-25)",
        arguments: [402, 501, 606])
    func isNotDeleted(code: Int) async throws {
        firewall.state.withLock {
            $0.growsLeases = true
            $0.open = [3: .init(tuple: ["", "0", "2a00:77:1::10", "8080", "6"], lease: 7200)]
            $0.faults["DeletePinhole"] = [.code(code)]
        }
        let outcomes = try await technique().delete([lease()], limit)
        #expect(outcomes == [.success(.stillOpen(seconds: 120))])
        #expect(firewall.open == ["6 8080 120"])
    }

    @Test(
        "that is neither deleted nor given a short lease is a failure",
        arguments: [
            ["AddPinhole": 402], ["AddPinhole": 501], ["DeletePinhole": 606, "UpdatePinhole": 402],
        ])
    func isRefused(faults: [String: Int]) async throws {
        firewall.state.withLock { state in
            for (action, code) in faults { state.faults[action] = [.code(code)] }
        }
        guard
            case .failure(.refused(let refusal)) = try await technique().delete([lease()], limit)[0]
        else {
            Issue.record("no refusal")
            return
        }
        #expect(refusal.code == faults["DeletePinhole"] ?? faults["AddPinhole"])
    }

    @Test("of a firewall that is off needs no deleting")
    func closesNothing() async throws {
        firewall.state.withLock { $0.faults["AddPinhole"] = [.code(702)] }
        let outcomes = try await technique().delete([lease()], limit)
        #expect(outcomes == [.success(.absent)])
    }

    @Test("is asked for at the sender, in its zone, whatever address that names (S-6, S-17)")
    func staysAtSender() async throws {
        let network = firewall.network(Self.gateway)
        var address = Self.gateway
        address.port = GatewaySocket.port
        let finder = PinholeFinder(
            GatewayTarget(socketAddress: address), source: .v6(Self.client), others: [],
            limits: .init(search: .seconds(300)), network: network)
        let found = try await finder.find(until: .now + .seconds(300))
        #expect(found.device.location.zonedDescription == "http://[fe80::1%25lo]:5000/d.xml")
        #expect(network.http.requests.map(\.url.scopeID) == [1])
        #expect(network.http.requests.map(\.url.authority) == ["[fe80::1]:5000"])
        // It is nearly always the gateway's own address, and no cause for a warning.
        #expect(finder.warnings.isEmpty)
    }

    @Test("is not had from a gateway whose description lacks the firewall control")
    func isMissing() async throws {
        let http = ScriptedHTTP { _ in
            .status(
                200,
                Array(
                    """
                    <root><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1\
                    </deviceType><service><serviceType>urn:schemas-upnp-org:service:\
                    WANIPConnection:1</serviceType><controlURL>/c</controlURL></service></device>\
                    </root>
                    """.utf8))
        }
        let network = ScriptedUPnPNetwork(http: http) { _, _ in
            [
                ScriptedUPnPNetwork.answer(
                    from: Self.gateway, location: "http://[fe80::1]:5000/d.xml")
            ]
        }
        let finder = PinholeFinder(
            GatewayTarget(socketAddress: Self.gateway), source: .v6(Self.client), others: [],
            limits: .init(search: .seconds(300)), network: network)
        let error = await #expect(throws: PortMapperError.self) {
            try await finder.find(until: .now + .seconds(300))
        }
        guard case .unsupported(_, .upnp) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
