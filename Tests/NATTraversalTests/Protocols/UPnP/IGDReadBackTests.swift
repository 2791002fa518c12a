import Testing

@testable import NATTraversal

@Suite("A mapping by UPnP, read back") struct IGDReadBackTests {
    private static let read = "GetSpecificPortMappingEntry"

    private func request() throws -> IGDMappingRequest {
        IGDMappingRequest(
            transport: .tcp, internalClient: try #require(IPAddress("192.168.77.10")),
            internalPort: try TestPort.number(8080), externalPort: try TestPort.number(8080),
            lifetimeSeconds: 7200, description: "natctl tcp 8080")
    }

    private func map(_ gateway: ScriptedIGD) async throws -> IGDGrant {
        try await gateway.connection.map(request(), until: .now + .seconds(30))
    }

    /// What gateways make of a request that they have said yes to.
    static let changes: [@Sendable (inout ScriptedIGD.Entry) -> Void] = [
        { $0.port = "8081" }, { $0.isEnabled = false }, { $0.port = "many" },
    ]

    @Test("that is another one or disabled is deleted and reported (A-9)", arguments: changes)
    func otherEntry(change: @escaping @Sendable (inout ScriptedIGD.Entry) -> Void) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.alter = change }
        await #expect {
            try await map(gateway)
        } throws: { error in
            if case .result = error as? UPnPFailure { true } else { false }
        }
        #expect(gateway.actions.last == "DeletePortMapping")
        #expect(gateway.state.current.table.isEmpty)
    }

    @Test("that leads to another host is reported and stays (A-21)")
    func otherHost() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.alter = { $0.client = "192.168.77.99" } }
        await #expect(throws: UPnPFailure.result("the mapping in the table")) {
            try await map(gateway)
        }
        #expect(!gateway.actions.contains("DeletePortMapping"))
    }

    @Test("that was there before is reported, stays and is kept in mind")
    func renewal() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080")
            state.alter = { $0.isEnabled = false }
        }
        await #expect(
            throws: UPnPFailure.unconfirmed(.result("the mapping in the table"))
        ) {
            try await map(gateway)
        }
        #expect(!gateway.actions.contains("DeletePortMapping"))
    }

    @Test(
        "shows what AddAnyPortMapping did that tells no port (A-16)", arguments: ["70000", ""])
    func badPort(reserved: String) async throws {
        let gateway = ScriptedIGD(version: 2)
        gateway.state.withLock { $0.reservedPort = reserved }
        #expect(try await map(gateway).key.externalPort.rawValue == 8080)
        gateway.state.withLock { state in
            state.table = [:]
            state.otherPort = "9000"
        }
        await #expect(throws: UPnPFailure.result("NewReservedPort")) { try await map(gateway) }
    }

    @Test("without an answer is neither a success nor a failure, and stays")
    func silence() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults[Self.read] = [.code(714)] + Array(repeating: .failure(.timeout), count: 99)
        }
        let failure = await #expect(throws: UPnPFailure.self) { try await map(gateway) }
        #expect(failure == .unconfirmed(.http(.timeout)))
        #expect(failure?.mayHaveBeenDone == true)
        #expect(gateway.actions.last == Self.read)
        #expect(gateway.state.current.table.count == 1)
    }

    /// The ways in which a table cannot be read.
    static let refusals: [ScriptedIGD.Fault] = [
        .code(401), .code(501), .page, .status(501), .failure(.message(.nothing)),
        .failure(.connection(SystemError("receive", code: 104))),
    ]

    @Test(
        "where that cannot be done is unverified, and deleted all the same when it is recorded (A-9)",
        arguments: refusals)
    func unreadable(fault: ScriptedIGD.Fault) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults[Self.read] = Array(repeating: fault, count: 99) }
        let grant = try await map(gateway)
        #expect(!grant.isVerified)
        let request = try request()
        let deletion = try await gateway.connection.delete(
            grant.key, client: request.internalClient, internalPort: request.internalPort,
            isRecorded: true, until: .now + .seconds(30))
        #expect(deletion == .deleted)
        #expect(gateway.state.current.table.isEmpty)
    }

    @Test("the line going up or down is waited for once", arguments: [705, 707])
    func busyLine(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(code)] }
        #expect(try await map(gateway).isVerified)

        let stubborn = ScriptedIGD(version: 1)
        stubborn.state.withLock { $0.faults["AddPortMapping"] = [.code(code), .code(code)] }
        await #expect(throws: UPnPFailure.fault(code: Int32(code), words: nil)) {
            try await map(stubborn)
        }
    }

    @Test("arguments out of range are met like invalid ones (A-4)", arguments: [601, 702, 403])
    func outOfRange(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(code), .code(code)] }
        #expect(try await map(gateway).lifetimeSeconds == nil)
        #expect(gateway.actions.count { $0 == "AddPortMapping" } == 3)
    }

    @Test("a service that is busy is asked twice more, after a second each (503)")
    func busyService() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.status(503), .status(503)] }
        #expect(try await map(gateway).isVerified)
        #expect(gateway.actions.count { $0 == "AddPortMapping" } == 3)

        let stubborn = ScriptedIGD(version: 1)
        stubborn.state.withLock {
            $0.faults["AddPortMapping"] = Array(repeating: .status(503), count: 9)
        }
        await #expect(throws: UPnPFailure.status(503)) { try await map(stubborn) }
        #expect(stubborn.actions.count { $0 == "AddPortMapping" } == 3)
    }
}
