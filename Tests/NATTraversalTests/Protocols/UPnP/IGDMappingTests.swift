import Testing

@testable import NATTraversal

@Suite("A mapping by UPnP") struct IGDMappingTests {
    private func request(
        _ change: (inout IGDMappingRequest) throws -> Void = { _ in }
    ) throws -> IGDMappingRequest {
        var request = IGDMappingRequest(
            transport: .tcp, internalClient: try #require(IPAddress("192.168.77.10")),
            internalPort: try TestPort.number(8080), externalPort: try TestPort.number(8080),
            lifetimeSeconds: 7200, description: "natctl tcp 8080")
        try change(&request)
        return request
    }

    private func map(
        _ gateway: ScriptedIGD, _ request: IGDMappingRequest
    ) async throws -> IGDGrant {
        try await gateway.connection.map(request, until: .now + .seconds(30))
    }

    private func added(_ gateway: ScriptedIGD, _ argument: String) -> [String] {
        gateway.state.withLock { state in
            state.calls.filter { $0.action.hasPrefix("Add") }.compactMap { $0.arguments[argument] }
        }
    }

    @Test("reads before it writes, and reads back before it says yes (A-9)", arguments: [1, 2])
    func plain(version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        let grant = try await map(gateway, request())
        #expect(grant.key.externalPort.rawValue == 8080)
        #expect(grant.lifetimeSeconds == 7200)
        #expect(grant.isVerified)
        let add = version == 1 ? "AddPortMapping" : "AddAnyPortMapping"
        let read = "GetSpecificPortMappingEntry"
        #expect(gateway.actions == [read, add, read])
        #expect(gateway.state.withLock { $0.table["TCP 8080"]?.client } == "192.168.77.10")
    }

    @Test("never overwrites a foreign entry, nor another port of this host", arguments: [1, 2])
    func foreign(version: Int) async throws {
        for entry in [
            ScriptedIGD.Entry(client: "192.168.77.99", port: "8080"),
            ScriptedIGD.Entry(client: "192.168.77.10", port: "9090"),
        ] {
            let gateway = ScriptedIGD(version: version)
            gateway.state.withLock { $0.table["TCP 8080"] = entry }
            let grant = try await map(gateway, request())
            #expect(grant.key.externalPort.rawValue == 8081)
            #expect(gateway.state.withLock { $0.table["TCP 8080"] } == entry)

            await #expect(throws: UPnPFailure.fault(code: 718, words: nil)) {
                try await map(gateway, request { $0.isExact = true })
            }
            #expect(gateway.state.withLock { $0.table["TCP 8080"] } == entry)
        }
    }

    @Test("renews what is there already")
    func renewal() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: 60)
        }
        #expect(try await map(gateway, request()).lifetimeSeconds == 7200)
        #expect(gateway.actions.filter { $0 == "AddPortMapping" }.count == 1)
        #expect(!gateway.actions.contains("DeletePortMapping"))
    }

    @Test("makes anew what a renewal has not extended (A-10)", arguments: [(7200, 50), (20, 10)])
    func uselessRenewal(lifetime: UInt32, left: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: left)
            let asked = Locked(0)
            state.grant = { lease in
                asked.withLock {
                    $0 += 1; return $0 == 1 ? left : lease
                }
            }
        }
        var request = try request()
        request.lifetimeSeconds = lifetime
        #expect(try await map(gateway, request).lifetimeSeconds == lifetime)
        #expect(gateway.actions.filter { $0 == "DeletePortMapping" }.count == 1)
    }

    @Test(
        "asks for a permanent lease once, as its version says it (A-3, A-4, A-5)",
        arguments: [725, 402, 600, -911, 501], [1, 2])
    func permanentLease(code: Int, version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        let add = version == 1 ? "AddPortMapping" : "AddAnyPortMapping"
        gateway.state.withLock { $0.faults[add] = [.code(code)] }
        let grant = try await map(gateway, request())
        #expect(added(gateway, "NewLeaseDuration") == ["7200", version == 1 ? "0" : "604800"])
        #expect(grant.lifetimeSeconds == (version == 1 ? nil : 604_800))
    }

    @Test("asks with the plain description once, and then gives up (A-14)", arguments: [402, 501])
    func plainDescription(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults["AddPortMapping"] = Array(repeating: .code(code), count: 9)
        }
        await #expect(throws: UPnPFailure.fault(code: Int32(code), words: nil)) {
            try await map(gateway, request())
        }
        #expect(
            added(gateway, "NewPortMappingDescription")
                == ["natctl tcp 8080", "natctl tcp 8080", "natctl"])
    }

    @Test("605 and vendor codes cost the description alone", arguments: [605, 801])
    func longDescription(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(code)] }
        #expect(try await map(gateway, request()).lifetimeSeconds == 7200)
        #expect(added(gateway, "NewPortMappingDescription") == ["natctl tcp 8080", "natctl"])
    }

    @Test("tries another port on 718 and 729, at most eight", arguments: [718, 729])
    func conflicts(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(code)] }
        #expect(try await map(gateway, request()).key.externalPort.rawValue == 8081)

        let stubborn = ScriptedIGD(version: 1)
        stubborn.state.withLock {
            $0.faults["AddPortMapping"] = Array(repeating: .code(code), count: 99)
        }
        await #expect(throws: UPnPFailure.fault(code: Int32(code), words: nil)) {
            try await map(stubborn, request())
        }
        let ports = added(stubborn, "NewExternalPort")
        #expect(ports.count == 8)
        #expect(ports.prefix(2) == ["8080", "8081"])
        #expect(ports.dropFirst(2).allSatisfy { (Int($0) ?? 0) >= 49_152 })
    }

    @Test("724 asks for the same port inside and out")
    func samePort() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(724)] }
        let other = try request { $0.externalPort = try TestPort.number(9000) }
        #expect(try await map(gateway, other).key.externalPort.rawValue == 8080)
    }

    @Test(
        "what would take more than was asked for is reported (A-8, T-11)",
        arguments: [606, 714, 715, 716, 726, 727, 728, 732, 401])
    func reports(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(code)] }
        await #expect(throws: UPnPFailure.fault(code: Int32(code), words: nil)) {
            try await map(gateway, request { $0.remoteHost = IPAddress("198.51.100.1") })
        }
        #expect(added(gateway, "NewRemoteHost") == ["198.51.100.1"])
    }

    @Test("a refusal to map for another host is no conflict")
    func anotherHost() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { $0.faults["AddPortMapping"] = [.code(718)] }
        await #expect(throws: UPnPFailure.fault(code: 718, words: nil)) {
            try await map(
                gateway, request { $0.internalClient = try #require(IPAddress("192.168.77.99")) })
        }
        #expect(added(gateway, "NewExternalPort") == ["8080"])
    }

    @Test("falls back to AddPortMapping where the other action is not there (H-10)")
    func withoutAddAny() async throws {
        let faults: [ScriptedIGD.Fault] = [
            .code(401), .code(602), .page, .failure(.message(.nothing)),
            .failure(.connection(SystemError("receive", code: 104))),
        ]
        for fault in faults {
            let gateway = ScriptedIGD(version: 2)
            gateway.state.withLock { $0.faults["AddAnyPortMapping"] = [fault] }
            #expect(try await map(gateway, request()).isVerified)
            #expect(gateway.actions.filter { $0.hasPrefix("Add") }.count == 2)
        }
    }

    @Test(
        "an action that is not there, or hangs, is asked for once, however many ports there are (H-10)",
        arguments: [
            .code(401), .code(602), .page, .failure(.message(.nothing)), .failure(.timeout),
        ] as [ScriptedIGD.Fault])
    func asksForMissingActionOnce(fault: ScriptedIGD.Fault) async throws {
        let gateway = ScriptedIGD(version: 2)
        gateway.state.withLock {
            $0.faults["AddAnyPortMapping"] = Array(repeating: fault, count: 9)
        }
        let connection = try gateway.connection
        for number in UInt16(8080)..<8083 {
            let port = try TestPort.number(number)
            let request = try request {
                ($0.internalPort, $0.externalPort) = (port, port)
            }
            let grant = try await connection.map(request, until: .now + .seconds(30))
            #expect(grant.key.externalPort == port)
        }
        let added = gateway.actions.filter { $0.hasPrefix("Add") }
        #expect(added == ["AddAnyPortMapping"] + Array(repeating: "AddPortMapping", count: 3))
    }

    @Test(
        "what a gateway refuses as an action it is not asked for at the next port",
        arguments: [
            (1, "AddPortMapping", 401), (1, "AddPortMapping", 602),
            (2, "GetSpecificPortMappingEntry", 401), (2, "GetSpecificPortMappingEntry", 602),
        ])
    func remembersRefusedAction(version: Int, action: String, code: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        gateway.state.withLock { $0.faults[action] = Array(repeating: .code(code), count: 9) }
        let connection = try gateway.connection
        for number in UInt16(8080)..<8083 {
            let port = try TestPort.number(number)
            let request = try request {
                ($0.internalPort, $0.externalPort) = (port, port)
            }
            do {
                let grant = try await connection.map(request, until: .now + .seconds(30))
                #expect(!grant.isVerified)
            } catch let failure as UPnPFailure {
                #expect(failure == .fault(code: Int32(code), words: nil))
            }
        }
        #expect(gateway.actions.filter { $0 == action }.count == 1)
    }

    @Test(
        "a success without an entry is tried as a permanent lease, then deleted and reported (A-9)",
        arguments: [1, 2])
    func emptySuccess(version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        gateway.state.withLock { $0.isHonest = false }
        await #expect(throws: UPnPFailure.result("the mapping in the table")) {
            try await map(gateway, request())
        }
        let (read, delete) = ("GetSpecificPortMappingEntry", "DeletePortMapping")
        let add = version == 1 ? "AddPortMapping" : "AddAnyPortMapping"
        #expect(
            gateway.actions == [read, add, read, read, delete, add, read, read, delete])
        #expect(added(gateway, "NewLeaseDuration") == ["7200", version == 1 ? "0" : "604800"])
    }

    @Test("a lease that is taken and not kept is a permanent one in the end", arguments: [1, 2])
    func droppedLease(version: Int) async throws {
        let gateway = ScriptedIGD(version: version)
        let permanent = version == 1 ? 0 : 604_800
        gateway.state.withLock { $0.keeps = { $0 == permanent } }
        let grant = try await map(gateway, request())
        #expect(grant.isVerified)
        #expect(grant.lifetimeSeconds == (version == 1 ? nil : 604_800))
    }

    @Test("an entry that shows up a second later is a success (A-9)")
    func lateEntry() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults["GetSpecificPortMappingEntry"] = [.code(714), .code(714)]
        }
        #expect(try await map(gateway, request()).isVerified)
    }

    @Test("a table that cannot be read gives an unverified success (A-9)", arguments: [401, 501])
    func unreadable(code: Int) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults["GetSpecificPortMappingEntry"] = [.code(code), .code(code)]
        }
        let grant = try await map(gateway, request())
        #expect(!grant.isVerified)
        #expect(grant.lifetimeSeconds == 7200)
    }

    @Test(
        "no lease is longer than what was asked for, and none is permanent that was not",
        arguments: [
            ("7200", 7200), ("7195", 7200), ("0", 7200), ("600", 600), ("99999", 7200),
            ("", 7200), ("-1", 7200), ("two hours", 7200), ("99999999999999", 7200),
            ("4294967285", 7200), ("4294967286", 7200), ("4294967295", 7200),
        ])
    func grantedLease(shown: String, lease: UInt32) async throws {
        for version in [1, 2] {
            let gateway = ScriptedIGD(version: version)
            gateway.state.withLock { $0.shownLease = shown }
            #expect(try await map(gateway, request()).lifetimeSeconds == lease)
        }
    }

    @Test("a permanent lease ends where the table says so", arguments: [("0", nil), ("600", 600)])
    func permanentLeaseShown(shown: String, lease: UInt32?) async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock {
            $0.faults["AddPortMapping"] = [.code(725)]
            $0.shownLease = shown
        }
        #expect(try await map(gateway, request()).lifetimeSeconds == lease)
    }

    @Test("what the table has already is renewed at its port, whatever AddAnyPortMapping would do")
    func renewalOfVersion2() async throws {
        let gateway = ScriptedIGD(version: 2)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: 60)
            state.otherPort = "8081"
        }
        let grant = try await map(gateway, request { $0.remoteHost = IPAddress("198.51.100.1") })
        #expect(grant.key.externalPort.rawValue == 8080)
        #expect(!grant.isNew)
        #expect(gateway.actions.filter { $0.hasPrefix("Add") } == ["AddPortMapping"])
        #expect(gateway.state.withLock { $0.table.keys.sorted() } == ["TCP 8080"])
    }

    @Test("a renewal that is refused with 718 is deleted and made anew at its port (miniupnp#907)")
    func refusedRenewal() async throws {
        for version in [1, 2] {
            let gateway = ScriptedIGD(version: version)
            gateway.state.withLock { state in
                state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: 60)
                state.faults["AddPortMapping"] = [.code(718)]
                state.otherPort = "8081"
            }
            #expect(try await map(gateway, request()).lifetimeSeconds == 7200)
            #expect(gateway.state.withLock { $0.table.keys.sorted() } == ["TCP 8080"])
        }
    }

    @Test("a mapping that had to move leaves nothing at its old port")
    func movedRenewal() async throws {
        let gateway = ScriptedIGD(version: 2)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: 60)
            state.faults["AddPortMapping"] = [.code(729)]
        }
        #expect(try await map(gateway, request()).key.externalPort.rawValue == 8081)
        #expect(gateway.state.withLock { $0.table.keys.sorted() } == ["TCP 8081"])
    }

    @Test("a mapping that had to move stands though its old port cannot be closed")
    func movedBesideOld() async throws {
        let gateway = ScriptedIGD(version: 1)
        gateway.state.withLock { state in
            state.table["TCP 8080"] = .init(client: "192.168.77.10", port: "8080", lease: 60)
            state.faults["AddPortMapping"] = [.code(729)]
            state.faults["DeletePortMapping"] = [.code(606)]
        }
        #expect(try await map(gateway, request()).key.externalPort.rawValue == 8081)
        #expect(gateway.state.withLock { $0.table.keys.sorted() } == ["TCP 8080", "TCP 8081"])
    }

    @Test("a week is the longest lease of version 2, and it is never asked for 0")
    func longLease() async throws {
        let gateway = ScriptedIGD(version: 2)
        _ = try await map(gateway, request { $0.lifetimeSeconds = .max })
        #expect(added(gateway, "NewLeaseDuration") == ["604800"])
    }
}
