import Testing

@testable import NATTraversal

@Suite("A mapping by UPnP whose answer is lost or nonsense") struct IGDLossTests {
    private static let read = "GetSpecificPortMappingEntry"
    private static let delete = "DeletePortMapping"

    private func request() throws -> IGDMappingRequest {
        IGDMappingRequest(
            transport: .tcp, internalClient: try #require(IPAddress("192.168.77.10")),
            internalPort: try TestPort.number(8080), externalPort: try TestPort.number(8080),
            lifetimeSeconds: 7200, description: "natctl tcp 8080")
    }

    private func map(
        _ gateway: ScriptedIGD, limit: Duration = .seconds(30)
    ) async throws -> IGDGrant {
        try await gateway.connection.map(request(), until: .now + limit)
    }

    private static func add(_ version: Int) -> String {
        version == 1 ? "AddPortMapping" : "AddAnyPortMapping"
    }

    /// What comes instead of the answer to a request that was carried out, or was not.
    static let answers: [ScriptedIGD.Fault] = [
        .failure(.timeout), .failure(.message(.nothing)), .failure(.message(.headCutShort)),
        .failure(.connection(SystemError("receive", code: 104))), .failure(.message(.bodyTooLong)),
        .page, .status(500), .status(502), .body("", status: 500),
        .body("<s:Envelope xmlns:s='x'><s:Body><u:Add", status: 200),
        .body("<Envelope><Body><GetStatusInfoResponse/></Body></Envelope>", status: 200),
        .body("<Envelope/>", status: 200),
    ]

    @Test("is a success when the table shows it", arguments: answers, [1, 2])
    func carriedOut(answer: ScriptedIGD.Fault, version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        gateway.state.withLock { $0.faults[Self.add(version)] = [.done(answer)] }
        let grant = try await map(gateway)
        #expect(grant.isVerified && grant.isNew)
        #expect(gateway.actions == [Self.read, Self.add(version), Self.read])
    }

    @Test("leaves nothing when the table does not show it", arguments: answers)
    func notCarriedOut(answer: ScriptedIGD.Fault) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults[Self.add(1)] = Array(repeating: answer, count: 99)
        }
        let failure = await #expect(throws: UPnPFailure.self) { try await map(gateway) }
        // Whoever is silent to the end may still do it.
        #expect(failure?.mayHaveBeenDone == failure?.isSilence)
        #expect(gateway.state.current.table.isEmpty)
        // Nothing is sent again that was not looked for before.
        let actions = gateway.actions
        for (index, action) in actions.enumerated() where action == Self.add(1) {
            #expect(actions[index - 1] == Self.read)
        }
        #expect(actions.count { $0 == Self.add(1) } <= 3)
    }

    /// Those that may be one lost packet.
    static let losses: [ScriptedIGD.Fault] = [
        .failure(.timeout), .failure(.unopened), .failure(.message(.nothing)),
        .failure(.message(.headCutShort)),
        .failure(.connection(SystemError("receive", code: 104))),
        .body("<s:Envelope xmlns:s='x'><s:Body><u:Add", status: 200),
    ]

    @Test("is asked for again when it was not carried out", arguments: losses, [1, 2])
    func repeated(loss: ScriptedIGD.Fault, version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        gateway.state.withLock { $0.faults[Self.add(version)] = [loss, loss] }
        #expect(try await map(gateway).isVerified)
        #expect(gateway.state.withLock { $0.table.keys.sorted() } == ["TCP 8080"])
    }

    @Test("is deleted and kept in mind when the table cannot be read", arguments: answers)
    func unreadable(answer: ScriptedIGD.Fault) async throws {
        for blindness in [ScriptedIGD.Fault.code(501), .page, .failure(.timeout)] {
            let gateway = ScriptedIGD(version: 1)
            gateway.state.withLock { state in
                state.faults[Self.add(1)] = [.done(answer)]
                state.faults[Self.read] = [.code(714)] + Array(repeating: blindness, count: 99)
            }
            let failure = await #expect(throws: UPnPFailure.self) { try await map(gateway) }
            #expect(failure?.mayHaveBeenDone == true)
            #expect(gateway.actions.last == Self.delete)
            #expect(gateway.state.current.table.isEmpty)
        }
    }

    @Test("is not deleted where something may have been there before")
    func unreadBefore() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.99", port: "8080")
            state.faults[Self.add(1)] = [.page]
            state.faults[Self.read] = Array(repeating: .code(501), count: 99)
        }
        let failure = await #expect(throws: UPnPFailure.self) { try await map(gateway) }
        #expect(failure?.mayHaveBeenDone == true)
        #expect(!gateway.actions.contains(Self.delete))
    }

    @Test("at a gateway that has gone silent ends by the deadline, and is kept in mind")
    func goneSilent() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.end = (1, .failure(.timeout)) }
        let connection = try gateway.connection
        let failure = await #expect(throws: UPnPFailure.self) {
            try await connection.map(request(), until: connection.now + .seconds(30))
        }
        #expect(failure == .unconfirmed(.http(.timeout)))
        let http = try #require(connection.service.http as? ScriptedHTTP)
        #expect(http.elapsed > .seconds(20) && http.elapsed <= .seconds(30))
    }

    @Test("at a port that is closed is told at once, and was not done (S-18)")
    func closed() async throws {
        let gateway = ScriptedIGD(version: 1)
        let closed = HTTPClientError.connection(SystemError("connect", code: 111))
        gateway.state.withLock { $0.end = (1, .failure(closed)) }
        let failure = await #expect(throws: UPnPFailure.self) { try await map(gateway) }
        #expect(failure == .http(closed))
        #expect(failure?.isStale == true && failure?.mayHaveBeenDone == false)
        #expect(gateway.actions == [Self.read, Self.add(1), Self.add(1)])
    }

    /// What the failures of a single call say of it.
    static let kinds: [(UPnPFailure, isInconclusive: Bool)] = [
        (.fault(code: 718, words: nil), false), (.fault(code: nil, words: nil), false),
        (.status(500), true), (.status(502), true), (.status(501), false), (.status(503), false),
        (.status(404), false), (.status(401), false), (.notSOAP(.xml(.empty)), true),
        (.anotherAnswer("x"), true), (.result("x"), true), (.http(.timeout), true),
        (.http(.unopened), false), (.http(.wrongPeer), false), (.http(.message(.nothing)), true),
        (.http(.connection(SystemError("connect", code: 111))), false),
        (.http(.connection(SystemError("receive", code: 104))), true), (.url(.missing), false),
    ]

    @Test("is known from a refusal and from a request that was not sent", arguments: kinds)
    func judgement(failure: UPnPFailure, isInconclusive: Bool) {
        #expect(failure.isInconclusive == isInconclusive)
        #expect(UPnPFailure.unconfirmed(failure).isInconclusive == isInconclusive)
        #expect(!failure.mayHaveBeenDone)
        #expect(UPnPFailure.unconfirmed(failure).mayHaveBeenDone)
    }

    /// Deletes this host's mapping, whose first deletions are answered like this.
    private func delete(
        _ gateway: ScriptedIGD, _ answers: [ScriptedIGD.Fault]
    ) async throws -> IGDConnection.Deletion {
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080")
            state.faults[Self.delete] = answers
        }
        let request = try request()
        return try await gateway.connection.delete(
            request.key(at: request.externalPort), client: request.internalClient,
            internalPort: request.internalPort, isRecorded: true, until: .now + .seconds(30))
    }

    @Test("of a deletion: the table tells whether it was carried out", arguments: losses)
    func deletion(loss: ScriptedIGD.Fault) async throws {
        for isDone in [true, false] {
            if isDone, case .failure(.unopened) = loss { continue }
            let gateway = ScriptedIGD(version: 1)
            #expect(try await delete(gateway, [isDone ? .done(loss) : loss]) == .deleted)
            #expect(gateway.state.current.table.isEmpty)
        }
        let stubborn = ScriptedIGD(version: 1)
        await #expect(throws: UPnPFailure.self) {
            try await delete(stubborn, Array(repeating: loss, count: 99))
        }
    }
}
