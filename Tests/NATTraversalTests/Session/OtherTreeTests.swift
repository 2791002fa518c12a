import Testing

@testable import NATTraversal

@Suite("A gateway with several descriptions (D-12)") struct OtherTreeTests {
    private static let gateway = SocketAddress.test("192.168.77.1")

    /// A gateway whose description of version 2 and of version 1 are two documents, or one.
    private struct TwoTrees: Sendable {
        let version2 = ScriptedIGD(version: 2)
        let version1 = ScriptedIGD(version: 1)
        /// Where the second description is; `nil` puts its service into the first.
        var second: SocketAddress? = gateway
        /// Whether control of the first wants a password.
        var wantsPassword = false
        /// Whether the first has been called; until then the second does not answer, so that the
        /// first is what is found.
        let isCalled = Locked(false)

        var network: ScriptedUPnPNetwork {
            let http = ScriptedHTTP { request in
                if request.url.target == "/control2" { isCalled.withLock { $0 = true } }
                return switch request.url.target {
                case "/2.xml":
                    .status(200, description(second == nil ? [2, 1] : [2]))
                case "/1.xml": .status(200, description([1]))
                case "/control2" where wantsPassword: .status(401)
                case "/control2": try version2.answer(request)
                case "/control1": try version1.answer(request)
                default: .status(404)
                }
            }
            return ScriptedUPnPNetwork(http: http) { search, _ in
                let isSecond =
                    search.contains("InternetGatewayDevice:1") && second != nil
                    && isCalled.current
                let source = isSecond ? second ?? gateway : gateway
                let location = "http://\(source.address):5000/\(isSecond ? 1 : 2).xml"
                return [ScriptedUPnPNetwork.answer(from: source, location: location)]
            }
        }

        private func description(_ versions: [Int]) -> [UInt8] {
            let services = versions.map { version in
                """
                <service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:\(version)\
                </serviceType><controlURL>/control\(version)</controlURL></service>
                """
            }
            return Array("<root><device>\(services.joined())</device></root>".utf8)
        }
    }

    private func finder(_ network: ScriptedUPnPNetwork) throws -> IGDFinder {
        let target = GatewayTarget(
            socketAddress: SocketAddress(Self.gateway.address, port: GatewaySocket.port))
        // The network's clock jumps; this one is only for a machine that is busy elsewhere.
        let limits = IGDFinder.Limits(search: .seconds(300), otherTree: .seconds(300))
        return IGDFinder(
            target, source: try #require(IPAddress("192.168.77.10")), others: [], limits: limits,
            network: network)
    }

    private func map(_ port: UInt16, by finder: IGDFinder) async throws -> IGDGrant {
        let request = IGDMappingRequest(
            transport: .tcp, internalClient: try #require(IPAddress("192.168.77.10")),
            internalPort: try TestPort.number(port), externalPort: try TestPort.number(port),
            lifetimeSeconds: 7200, description: "natctl tcp \(port)")
        let budget = TimeBudget(limit: .seconds(300))
        return try await finder.ask(budget) { found in
            try await found.connection.map(request, until: budget.deadline)
        }
    }

    @Test("that refuses by version 2 is asked by version 1", arguments: [gateway, nil])
    func refusal(second: SocketAddress?) async throws {
        let trees = TwoTrees(second: second)
        trees.version2.state.withLock { $0.faults["AddAnyPortMapping"] = [.code(606)] }
        let finder = try finder(trees.network)
        for port in [UInt16(8080), 8081] { #expect(try await map(port, by: finder).isVerified) }
        #expect(
            trees.version1.state.withLock { $0.table.keys.sorted() } == ["TCP 8080", "TCP 8081"])
        // What granted once is asked first from then on.
        #expect(trees.version2.actions.count { $0 == "AddAnyPortMapping" } == 1)
    }

    @Test("that wants a password for one is asked by the other")
    func password() async throws {
        let trees = TwoTrees(wantsPassword: true)
        let finder = try finder(trees.network)
        #expect(try await map(8080, by: finder).isVerified)
        #expect(trees.version1.state.withLock { $0.table.keys.sorted() } == ["TCP 8080"])
    }

    @Test("that refuses by both has refused, and is not asked for more")
    func bothRefuse() async throws {
        let trees = TwoTrees()
        trees.version2.state.withLock {
            $0.faults["AddAnyPortMapping"] = [.code(606), .code(606)]
        }
        trees.version1.state.withLock { $0.faults["AddPortMapping"] = [.code(606), .code(606)] }
        let finder = try finder(trees.network)
        for port in [UInt16(8080), 8081] {
            let error = await #expect(throws: PortMapperError.self) {
                try await map(port, by: finder)
            }
            guard case .refused(let refusal) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(refusal.code == 606)
        }
        #expect(trees.version1.actions.count { $0 == "AddPortMapping" } == 1)
    }

    @Test("is not confused with another gateway")
    func anotherHost() async throws {
        let trees = TwoTrees(second: .test("192.168.77.2"))
        trees.version2.state.withLock { $0.faults["AddAnyPortMapping"] = [.code(606)] }
        let finder = try finder(trees.network)
        await #expect(throws: PortMapperError.self) { try await map(8080, by: finder) }
        #expect(trees.version1.actions.isEmpty)
    }

    @Test("is asked no further after any other refusal", arguments: [501, 718, 728])
    func otherRefusals(code: Int) async throws {
        let trees = TwoTrees()
        trees.version2.state.withLock {
            $0.faults["AddAnyPortMapping"] = Array(repeating: .code(code), count: 20)
        }
        let finder = try finder(trees.network)
        await #expect(throws: PortMapperError.self) { try await map(8080, by: finder) }
        #expect(trees.version1.actions.isEmpty)
    }
}
