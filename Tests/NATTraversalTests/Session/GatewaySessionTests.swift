import TestSupport
import Testing

@testable import NATTraversal

@Suite("A session with a gateway") struct GatewaySessionTests {
    typealias Behaviour = ScriptedRouter.Behaviour

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var pcp: Behaviour
        var natpmp: Behaviour
        var hasUPnP = false
        var via: Technique?
        var isExact = false
        /// What is in the gateway's tables at the end.
        var mapped: [String]
        /// What the lease file remembers.
        var leases: [String]
        /// In seconds, at most.
        var time: Double
    }

    static let rows = [
        Row(
            testDescription: "PCP grants", pcp: .grants, natpmp: .grants, hasUPnP: true,
            mapped: ["pcp tcp 8080 8080"], leases: ["tcp 8080 granted pcp 8080"], time: 0.02),
        Row(
            testDescription: "PCP is not there", pcp: .unsupported, natpmp: .grants,
            mapped: ["nat-pmp tcp 8080 8080"], leases: ["tcp 8080 granted nat-pmp 8080"],
            time: 0.04),
        Row(
            testDescription: "PCP refuses, NAT-PMP grants", pcp: .refuses(3), natpmp: .grants,
            mapped: ["nat-pmp tcp 8080 8080"], leases: ["tcp 8080 granted nat-pmp 8080"],
            time: 0.04),
        Row(
            testDescription: "both refuse, UPnP grants", pcp: .refuses(12), natpmp: .refuses(66),
            hasUPnP: true, mapped: ["upnp tcp 8080"], leases: ["tcp 8080 granted upnp 8080"],
            time: 0.2),
        Row(
            testDescription: "PCP is switched off, UPnP grants", pcp: .refuses(2),
            natpmp: .refuses(2), hasUPnP: true, mapped: ["upnp tcp 8080"],
            leases: ["tcp 8080 granted upnp 8080"], time: 0.2),
        Row(
            testDescription: "PCP refuses and nothing else is there", pcp: .refuses(2),
            natpmp: .silent, mapped: [], leases: [], time: 3.1),
        Row(
            testDescription: "silence, and UPnP takes over", pcp: .silent, natpmp: .silent,
            hasUPnP: true, mapped: ["upnp tcp 8080"], leases: ["tcp 8080 granted upnp 8080"],
            time: 0.6),
        Row(
            testDescription: "silence everywhere keeps the request in mind", pcp: .silent,
            natpmp: .silent, mapped: [], leases: ["tcp 8080 asked pcp 8080"], time: 3.1),
        Row(
            testDescription: "a closed port, and UPnP at once", pcp: .closed(times: 99),
            natpmp: .closed(times: 99), hasUPnP: true, mapped: ["upnp tcp 8080"],
            leases: ["tcp 8080 granted upnp 8080"], time: 0.2),
        Row(
            testDescription: "a port that is closed for one datagram", pcp: .closed(times: 1),
            natpmp: .closed(times: 1), mapped: ["pcp tcp 8080 8080"],
            leases: ["tcp 8080 granted pcp 8080"], time: 1.7),
        Row(
            testDescription: "a port that is closed for two datagrams, by one technique",
            pcp: .closed(times: 2), natpmp: .silent, via: .pcp, mapped: ["pcp tcp 8080 8080"],
            leases: ["tcp 8080 granted pcp 8080"], time: 0.7),
        Row(
            testDescription: "a closed port and nothing else", pcp: .closed(times: 99),
            natpmp: .closed(times: 99), mapped: [], leases: [], time: 3.1),
        Row(
            testDescription: "PCP grants after UPnP has mapped", pcp: .grantsAfter(.seconds(1)),
            natpmp: .silent, hasUPnP: true, mapped: ["upnp tcp 8080"],
            leases: ["tcp 8080 granted upnp 8080"], time: 0.6),
        Row(
            testDescription: "another port is as good", pcp: .grantsPort(4321), natpmp: .grants,
            mapped: ["pcp tcp 8080 4321"], leases: ["tcp 8080 granted pcp 4321"], time: 0.02),
        Row(
            testDescription: "--exact goes on to the technique that grants it",
            pcp: .grantsPort(4321), natpmp: .grantsPort(4321), hasUPnP: true, isExact: true,
            mapped: ["upnp tcp 8080"], leases: ["tcp 8080 granted upnp 8080"], time: 0.2),
        Row(
            testDescription: "--exact leaves nothing where nobody grants it",
            pcp: .grantsPort(4321), natpmp: .grantsPort(4321), isExact: true, mapped: [],
            leases: [], time: 3.2),
        Row(
            testDescription: "a port that is taken is met with the next one",
            pcp: .refusesPort(8080, 11), natpmp: .unsupported, mapped: ["pcp tcp 8080 8081"],
            leases: ["tcp 8080 granted pcp 8081"], time: 0.1),
        Row(
            testDescription: "a grant of external port 0 is withdrawn", pcp: .grantsPort(0),
            natpmp: .grants, mapped: ["nat-pmp tcp 8080 8080"],
            leases: ["tcp 8080 granted nat-pmp 8080"], time: 0.1),
    ]

    @Test("exactly one mapping, and the lease file knows it", arguments: rows)
    func maps(row: Row) async throws {
        let igd = row.hasUPnP ? ScriptedIGD(version: 1) : nil
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: row.pcp, natpmp: row.natpmp, igd: igd), via: row.via)
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.isExact = row.isExact
        let attempts = try await scripted.map([request], via: row.via)
        let elapsed = scripted.network.elapsed / .seconds(1)
        // A grant that comes after the withdrawal is deleted when it is heard.
        scripted.network.pass(.seconds(2))
        await scripted.session.socket.answerLateGrants()
        #expect(scripted.router.mapped == row.mapped)
        #expect(scripted.leases == row.leases)
        #expect(attempts.count == 1)
        #expect((attempts.first?.grant != nil) == !row.mapped.isEmpty)
        #expect((attempts.first?.failure != nil) == row.mapped.isEmpty)
        #expect(elapsed <= row.time)
    }

    @Test("a refused request is never sent again")
    func neverRepeats() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .refuses(3), natpmp: .refuses(66)))
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        let attempt = try #require(try await scripted.map([request]).first)
        let maps = scripted.network.sent.map(\.bytes).filter { $0.count > 2 }
        #expect(Set(maps).count == maps.count)
        guard case .refused(let refusal)? = attempt.failure else {
            Issue.record("\(String(describing: attempt.failure))")
            return
        }
        #expect((refusal.technique, refusal.code) == (.pcp, 3))
    }

    @Test("options are left out once, where the gateway does not know them (RFC 6887, section 7.4)")
    func leavesOptionsOut() async throws {
        let router = ScriptedRouter(pcp: .grants, natpmp: .unsupported)
        let scripted = try await ScriptedSession(router)
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.description = "abc"
        _ = try await scripted.map([request])
        #expect(scripted.network.sent.map(\.bytes.count) == [68])
    }

    @Test("many ports: what the first finds out spares the others the same")
    func learns() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .silent, natpmp: .silent, igd: ScriptedIGD(version: 1)))
        let requests = try (8080...8083).map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        let attempts = try await scripted.map(requests)
        #expect(attempts.allSatisfy { $0.grant?.technique == .upnp })
        #expect(scripted.network.elapsed < .seconds(0.7))
        #expect(scripted.router.mapped.count == 4)
    }

    @Test("many ports by UPnP are recorded together, before the first is asked for")
    func recordsTogether() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .unsupported, igd: igd))
        let (file, seen) = (scripted.store.file, Locked<[[UInt8]]>([]))
        igd.state.withLock { state in
            state.grant = { lease in
                let bytes = (try? file.read())?.bytes ?? []
                seen.withLock { $0.append(bytes) }
                return lease
            }
        }
        let requests = try (8080...8083).map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        _ = try await scripted.map(requests)
        let files = seen.current
        #expect(files.count == 4)
        // The first port is asked for alone, and the others after it.
        let tables = try files.map { try LeaseTable(parsing: $0).leases.map(\.technique) }
        #expect(tables.first?.first == .upnp)
        #expect(tables.dropFirst().allSatisfy { $0 == [.upnp, .upnp, .upnp, .upnp] })
        #expect(Set(files.dropFirst()).count == 1)
    }

    @Test("the same again is a renewal of the same mapping by the same technique")
    func renews() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grantsPort(4321), natpmp: .unsupported))
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        for _ in 1...3 { _ = try await scripted.map([request]) }
        #expect(scripted.router.mapped == ["pcp tcp 8080 4321"])
        let nonces = Set(scripted.network.sent.map { Array($0.bytes[24..<36]) })
        #expect(nonces.count == 1)
    }

    @Test("a move that is refused brings the old mapping back, whatever technique made it")
    func restores() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .refuses(3), natpmp: .silent, igd: igd))
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        _ = try await scripted.map([request], via: .upnp)
        #expect(scripted.router.mapped == ["upnp tcp 8080"])
        request.externalPort = try TestPort.number(9090)
        let attempts = try await scripted.map([request], via: .pcp)
        #expect(attempts.first?.failure != nil)
        #expect(scripted.router.mapped == ["upnp tcp 8080"])
        #expect(scripted.leases == ["tcp 8080 granted upnp 8080"])
    }

    @Test("a move whose old mapping cannot be deleted leaves its lease as it was, in time")
    func keepsUndeleted() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .silent, natpmp: .silent), timeout: .seconds(2))
        let lease = try Lease.sample { lease in
            lease.expiry = Timestamp.now.advanced(bySeconds: 7200)
            lease.confirmed = .now
        }
        try await scripted.store.change(isDurable: false) { $0[lease.key] = lease }
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.externalPort = try TestPort.number(9090)
        let transaction = MappingTransaction(scripted.session, via: nil, store: scripted.store)
        #expect(try await transaction.map([request]).first?.failure != nil)
        #expect(scripted.leases == ["tcp 8080 granted pcp 8080"])
        #expect(scripted.network.elapsed <= .seconds(2))
    }

    @Test("a move that may have been carried out is one mapping, and the lease file names it")
    func settlesMove() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .silent, natpmp: .silent, igd: igd), via: .upnp)
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        _ = try await scripted.map([request], via: .upnp)
        igd.state.withLock { state in
            // The old mapping is deleted and the new one made; what is asked after that is answered
            // by nonsense.
            state.faults["AddPortMapping"] = [.done(.page)]
            state.end = (state.calls.count + 4, .page)
        }
        request.externalPort = try TestPort.number(9090)
        let attempts = try await scripted.map([request], via: .upnp)
        #expect(attempts.first?.failure != nil)
        #expect(scripted.router.mapped == ["upnp tcp 9090"])
        #expect(scripted.leases == ["tcp 8080 asked upnp 9090"])
    }

    @Test(
        "what an earlier process has asked for stays in mind until the gateway answers",
        arguments: [Technique.pcp, .natPMP, .upnp])
    func keepsEarlierRequest(technique: Technique) async throws {
        let igd = ScriptedIGD(version: 1)
        let closed = Behaviour.closed(times: 99)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: closed, natpmp: closed, igd: igd), via: technique)
        let lease = try Lease.sample { lease in
            (lease.state, lease.technique) = (.asked, technique)
            lease.expiry = Timestamp.now.advanced(bySeconds: 7200)
        }
        try await scripted.store.change(isDurable: false) { $0[lease.key] = lease }
        let network = scripted.network
        igd.state.withLock { state in
            state.end = (4, .failure(.timeout))
            state.willAnswer = { network.pass(.seconds(5)) }
        }
        // By UPnP the first port is mapped, and the silence that meets the second one speaks for the
        // third, which is not asked for.
        let ports: [UInt16] = technique == .upnp ? [8078, 8079, 8080] : [8080]
        let requests = try ports.map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        let attempts = try await scripted.map(requests, via: technique)
        #expect(attempts.last?.failure != nil)
        #expect(scripted.leases.contains("tcp 8080 asked \(technique.rawValue) 8080"))
    }

    @Test("a late grant that is deleted makes no second mapping at another port")
    func staysAtItsPort() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grantsAfter(.milliseconds(900)), natpmp: .silent, igd: igd))
        let network = scripted.network
        igd.state.withLock { state in
            state.faults["AddPortMapping"] = [.code(718)]
            state.willAnswer = { network.pass(.milliseconds(200)) }
        }
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        let attempt = try #require(try await scripted.map([request]).first)
        #expect(attempt.grant?.externalPort == PortNumber(8081))
        #expect(scripted.router.mapped == ["upnp tcp 8081"])
        #expect(scripted.leases == ["tcp 8080 granted upnp 8081"])
    }

    @Test("a gateway that answers many requests one by one is not silent")
    func answersOneByOne() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .grants, igd: ScriptedIGD(version: 1)))
        let requests = try (1...80).map {
            MappingRequest(.tcp, internalPort: try TestPort.number(8000 + $0))
        }
        let attempts = try await scripted.map(requests)
        #expect(scripted.network.elapsed > TechniqueLadder.silence)
        #expect(attempts.allSatisfy { $0.grant?.technique == .natPMP })
    }

    @Test("a renewal that is not answered leaves the mapping alone")
    func leavesAlone() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .silent, natpmp: .silent))
        let port = try TestPort.number(8080)
        try await scripted.remember(.pcp)
        let transaction = MappingTransaction(scripted.session, via: nil, store: scripted.store)
        let attempts = try await transaction.renew(
            [MappingRequest(.tcp, internalPort: port)], sendLimit: 1)
        #expect(attempts.first?.failure != nil)
        #expect(scripted.network.sent.count == 1)
        #expect(scripted.leases == ["tcp 8080 granted pcp 8080"])
    }

    @Test("UPnP that has mapped a port and hangs leaves the other techniques their turn (A-22)")
    func hangingUPnP() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .unsupported, igd: igd))
        try await scripted.remember(.upnp)
        let network = scripted.network
        igd.state.withLock { state in
            state.end = (0, .failure(.timeout))
            state.willAnswer = { network.pass(.seconds(3)) }
        }
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        let attempts = try await scripted.map([request])
        #expect(attempts.first?.grant?.technique == .pcp)
        #expect(igd.state.withLock { $0.calls.map(\.action) } == ["GetSpecificPortMappingEntry"])
        #expect(network.elapsed < .seconds(3.2))
        #expect(scripted.leases == ["tcp 8080 granted pcp 8080"])
    }

    @Test("a lease whose entry leads to another host by now is over, and the entry stays")
    func sparesForeignEntry() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .unsupported, igd: igd))
        let lease = try await scripted.remember(.upnp)
        igd.state.withLock { $0.table["TCP 8080"] = .init(client: "192.168.77.99", port: "80") }
        let outcomes = try await scripted.session.delete([lease], in: scripted.store)
        guard case .success(.gone)? = outcomes.first else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(scripted.router.mapped == ["upnp tcp 8080"])
        #expect(scripted.leases == [])
    }

    @Test("time that is over before anybody is asked is a silence, and no success")
    func timeIsOver() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .grants), timeout: .seconds(2))
        scripted.network.pass(.seconds(3))
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        let transaction = MappingTransaction(scripted.session, via: nil, store: scripted.store)
        let attempt = try #require(try await transaction.map([request]).first)
        guard case .noAnswer? = attempt.failure else {
            Issue.record("\(String(describing: attempt.failure))")
            return
        }
        #expect(scripted.leases == [])
    }

    @Test("a renewal that is silent keeps the live mapping where no other technique maps")
    func keepsLiveMapping() async throws {
        let router = ScriptedRouter(pcp: .grantsAfter(.seconds(4)), natpmp: .silent)
        let scripted = try await ScriptedSession(router)
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        func map(_ limit: Duration) async throws -> MappingAttempt? {
            scripted.session.begin(TimeBudget(limit: limit, from: scripted.network.now))
            let transaction = MappingTransaction(
                scripted.session, via: nil, store: scripted.store)
            return try await transaction.map([request]).first
        }
        #expect(try await map(.seconds(20))?.grant != nil)
        #expect(try await map(.seconds(2))?.failure != nil)
        scripted.network.pass(.seconds(10))
        await scripted.session.socket.answerLateGrants()
        #expect(router.mapped == ["pcp tcp 8080 8080"])
        #expect(scripted.leases == ["tcp 8080 granted pcp 8080"])
    }

    @Test(
        "more ports than the lease file can remember are refused before anybody is asked",
        arguments: [(ports: 3, isRefused: false), (ports: 40, isRefused: true)])
    func refusesTooMany(ports: Int, isRefused: Bool) async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .unsupported))
        var file = scripted.store.file
        file.byteLimit = 4096
        let requests = try (1...ports).map {
            MappingRequest(.tcp, internalPort: try TestPort.number(UInt16($0)))
        }
        let transaction = MappingTransaction(scripted.session, via: nil, store: LeaseStore(file))
        do {
            let attempts = try await transaction.map(requests)
            #expect(!isRefused && attempts.allSatisfy { $0.grant != nil })
        } catch let error as PortMapperError {
            #expect(isRefused)
            #expect("\(error)".hasSuffix("it cannot remember \(ports) ports at once; map fewer"))
            #expect(scripted.network.sent.isEmpty)
            #expect(scripted.router.mapped == [])
        }
    }

    @Test("a lease file that is full of others costs a warning, and the port is mapped")
    func mapsBesideFullFile() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .unsupported))
        let requests = try (1...4).map {
            MappingRequest(.tcp, internalPort: try TestPort.number(UInt16($0)))
        }
        _ = try await scripted.map(Array(requests.prefix(3)))
        var file = scripted.store.file
        file.byteLimit = 1600
        let store = LeaseStore(file)
        let transaction = MappingTransaction(scripted.session, via: nil, store: store)
        let attempts = try await transaction.map(Array(requests.suffix(1)))
        #expect(attempts.first?.grant != nil)
        #expect(store.warnings.map(\.code) == ["leaseFileUnusable"])
    }

    @Test("what --verify does not find is deleted, and said after one look")
    func verifiesOnce() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .unsupported))
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.mustBeVerified = true
        let attempt = try #require(try await scripted.map([request]).first)
        #expect(attempt.failure != nil)
        #expect(scripted.router.mapped == [])
        #expect(scripted.network.sent.count { $0.bytes.count >= 60 && $0.bytes[7] != 0 } == 1)
        #expect(scripted.network.elapsed < .seconds(10))
    }

    @Test("what --verify cannot find out within the user's time limit is deleted within it")
    func verifiesInTime() async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .grants, natpmp: .unsupported))
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.mustBeVerified = true
        scripted.session.begin(TimeBudget(limit: .seconds(4), from: scripted.network.now))
        let transaction = MappingTransaction(scripted.session, via: nil, store: scripted.store)
        let attempt = try #require(try await transaction.map([request]).first)
        #expect(attempt.failure != nil)
        #expect(scripted.router.mapped == [])
        #expect(scripted.leases == [])
        #expect(scripted.network.elapsed <= .seconds(4))
    }

    @Test("the other ports are asked though the first one took its time")
    func othersHaveTime() async throws {
        let igd = ScriptedIGD(version: 1)
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .unsupported, igd: igd))
        let ports: [UInt16] = [8080, 8081, 8082]
        let requests = try ports.map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        let slow = scripted.network
        igd.state.withLock { state in
            state.grant = { lease in
                slow.pass(.seconds(4))
                return lease
            }
        }
        let attempts = try await scripted.map(requests)
        #expect(attempts.allSatisfy { $0.grant?.technique == .upnp })
    }

    @Test("a device that was found and cannot be used says more than silence before its turn")
    func tellsWhatSearchFound() async throws {
        let scripted = try await ScriptedSession(ScriptedRouter(pcp: .silent, natpmp: .silent))
        let closed = PortMapperError.closed(
            gateway: .router, technique: .upnp, cause: SystemError("connect", code: 111))
        scripted.finder.problem.withLock { $0 = closed }
        let request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        #expect(try await scripted.map([request]).first?.failure == closed)
        await #expect(throws: closed) { try await scripted.session.externalAddress(via: nil) }
    }

    @Test(
        "an address that the gateway did not tell is asked for again where it must be public",
        arguments: [1, 99])
    func asksForAddressAgain(lost: Int) async throws {
        let igd = ScriptedIGD(version: 1)
        igd.state.withLock {
            $0.faults["GetExternalIPAddress"] = Array(repeating: .code(501), count: lost)
        }
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .silent, igd: igd))
        var request = MappingRequest(.tcp, internalPort: try TestPort.number(8080))
        request.requiresPublic = true
        let attempt = try #require(try await scripted.map([request]).first)
        if lost == 1 {
            #expect(attempt.grant?.externalAddress != nil)
        } else {
            guard case .refused(let refusal)? = attempt.failure, refusal.code == 501 else {
                Issue.record("\(String(describing: attempt.failure))")
                return
            }
            #expect(scripted.router.mapped == [])
        }
    }

    @Test(
        "a refusal to tell the address is not the word that there is none",
        arguments: [
            .code(401), .code(501), .page, .status(500), .failure(.message(.nothing)),
        ] as [ScriptedIGD.Fault])
    func addressIsUnknown(fault: ScriptedIGD.Fault) async throws {
        let igd = ScriptedIGD(version: 1)
        igd.state.withLock {
            $0.faults["GetExternalIPAddress"] = Array(repeating: fault, count: 99)
        }
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: .unsupported, natpmp: .silent, igd: igd))
        let requests = try [UInt16(8080), 8081].map {
            MappingRequest(.tcp, internalPort: try TestPort.number($0))
        }
        let attempts = try await scripted.map(requests)
        for attempt in attempts {
            #expect(attempt.grant?.isAddressKnown == false)
            let codes = attempt.warnings(gateway: PCPVectors.client).map(\.code)
            #expect(!codes.contains("noExternalAddress"))
        }
        #expect(igd.actions.filter { $0 == "GetExternalIPAddress" }.count <= 3)
    }

    struct AddressRow: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var pcp: Behaviour
        var natpmp: Behaviour
        var technique: Technique?
        var time: Double
    }

    @Test(
        "the external address, by the first technique that reports it, and nothing stays mapped",
        arguments: [
            AddressRow(
                testDescription: "NAT-PMP", pcp: .grants, natpmp: .grants, technique: .natPMP,
                time: 0.02),
            AddressRow(
                testDescription: "silence", pcp: .silent, natpmp: .silent, technique: nil,
                time: 3.1),
            AddressRow(
                testDescription: "closed", pcp: .closed(times: 99), natpmp: .closed(times: 99),
                technique: nil, time: 3.1),
            AddressRow(
                testDescription: "closed for one datagram", pcp: .grants,
                natpmp: .closed(times: 1), technique: nil, time: 3.1),
        ])
    func tellsAddress(row: AddressRow) async throws {
        let scripted = try await ScriptedSession(
            ScriptedRouter(pcp: row.pcp, natpmp: row.natpmp))
        do {
            let address = try await scripted.session.externalAddress(via: nil)
            #expect(address.technique == row.technique)
            #expect(address.address.description == "11.22.33.1")
        } catch let error as PortMapperError {
            #expect(row.technique == nil, "\(error)")
        }
        #expect(scripted.network.elapsed / .seconds(1) <= row.time)
        #expect(scripted.router.mapped == [])
    }
}
