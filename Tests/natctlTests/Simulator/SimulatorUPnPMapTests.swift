import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("natctl map by UPnP on the simulator", .timeLimit(.minutes(10)))
struct SimulatorUPnPMapTests {
    /// The actions that make a mapping, by version.
    private static let add = [1: "AddPortMapping", 2: "AddAnyPortMapping"]
    private static let read = "GetSpecificPortMappingEntry"
    /// Longer than any of these tests.
    private static let never = Duration.seconds(600)

    /// A gateway with UPnP alone; PCP's port is closed.
    private static func run(
        version: Int = 2, _ change: @Sendable (inout UPnPFaults) -> Void,
        body: (ToolBehindGateway, _ location: String) async throws -> Void
    ) async throws {
        try await ToolBehindGateway.run({ configuration in
            configuration.techniques = [.upnp]
            configuration.upnp.version = version
            change(&configuration.faults.upnp)
        }) { tool in
            try await body(tool, "--location \(try #require(tool.gateway.location))")
        }
    }

    @Test(
        "--verify without UPnP says that UPnP is missing, whatever was asked last",
        arguments: [[.pcp], [.natPMP], [.pcp, .natPMP]] as [Set<Technique>], [true, false])
    func missesUPnP(techniques: Set<Technique>, isClosed: Bool) async throws {
        try await ToolBehindGateway.run({ $0.techniques = techniques }) { tool in
            // Nobody listens at the port of UPnP's own gateway there.
            let outcome = try await tool.shell(
                "natctl map tcp 8080 --verify --timeout 3s --json",
                environment: isClosed ? ["NATCTL_LOCATION": "http://127.0.0.1:9/x.xml"] : [:])
            #expect([69, 75].contains(outcome.status), "\(outcome.errors)")
            let error = try #require(try outcome.document.error)
            #expect(error.technique == "upnp", "\(error.message)")
            #expect(
                error.message.hasPrefix("the mapping cannot be verified without UPnP: "),
                "\(error.message)")
            #expect(error.gateway?.hasPrefix("127.0.0.1") == true)
            #expect(tool.forwarded == [])
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("is moved to another technique, and read back for it, where NATCTL_LOCATION says")
    func isMoved() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .natPMP, .upnp] }) { tool in
            let location = try #require(tool.gateway.location)
            for arguments in ["--via upnp", "--via pcp", "--via nat-pmp --verify"] {
                let outcome = try await tool.shell(
                    "NATCTL_LOCATION=\(location) natctl map tcp 8080 -q \(arguments)")
                #expect(outcome.status == 0, "\(arguments): \(outcome.errors)")
                #expect(tool.gateway.mappings.count == 1)
            }
        }
    }

    @Test(
        "interrupted or killed in the middle of a request leaves nothing that unmap does not delete",
        arguments: [SIGINT, SIGKILL], [1, 2])
    func isEnded(signal: Int32, version: Int) async throws {
        try await Self.run(version: version) { faults in
            for action in Self.add.values { faults.actionDelays[action] = Self.never }
        } body: { tool, location in
            let outcome = try await tool.running("map tcp 8080 \(location)") { process in
                try await condition { !tool.forwarded.isEmpty }
                process.send(signal)
            }
            if signal == SIGINT {
                #expect(outcome.status == 128 + signal, "\(outcome.errors)")
                #expect(tool.forwarded == [])
            } else {
                #expect(tool.forwarded == ["tcp 8080 8080 upnp"])
            }
            #expect(try await tool.natctl("unmap tcp 8080 \(location)").status == 0)
            #expect(tool.forwarded == [])
            #expect(try !tool.state.text("leases.json").contains("8080"))
        }
    }

    @Test("interrupted before the request is carried out keeps it in mind")
    func isCarriedOutLate() async throws {
        try await Self.run { faults in
            faults.actionDelays["AddAnyPortMapping"] = Self.never
            faults.hidesNewEntries = Self.never
        } body: { tool, location in
            _ = try await tool.running("map tcp 8080 \(location)") { process in
                try await condition { !tool.forwarded.isEmpty }
                process.send(SIGINT)
            }
            #expect(tool.forwarded == ["tcp 8080 8080 upnp"])
            tool.gateway.faults.upnp.hidesNewEntries = .zero
            #expect(try await tool.natctl("unmap tcp 8080 \(location)").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test("that is not answered in time ends then with 75, and unmap deletes what was made")
    func isTooSlow() async throws {
        try await Self.run { faults in
            faults.actionDelays["AddAnyPortMapping"] = Self.never
        } body: { tool, location in
            async let ending = tool.natctl("map tcp 8080 --timeout 3s --json \(location)")
            try await condition { !tool.forwarded.isEmpty }
            tool.gateway.faults.upnp.actionDelays[Self.read] = Self.never
            let outcome = try await ending
            #expect(outcome.status == 75, "\(outcome.errors)")
            #expect(try outcome.document.error?.code == "timeout")
            #expect(outcome.seconds < 6)
            tool.gateway.faults.upnp.actionDelays = [:]
            #expect(try await tool.natctl("unmap tcp 8080 \(location)").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test("that is carried out and not answered is found in the table")
    func isCarriedOut() async throws {
        try await Self.run { faults in
            faults.actionDelays["AddAnyPortMapping"] = Self.never
            faults.actionDelays["GetExternalIPAddress"] = Self.never
        } body: { tool, location in
            let outcome = try await tool.natctl("map tcp 8080 --timeout 3s --json \(location)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.document.warnings?.map(\.code) == [])
            #expect(outcome.seconds < 6)
        }
    }

    @Test("warns where the table cannot be read, and unmap deletes all the same (A-9)")
    func isUnverified() async throws {
        try await Self.run {
            $0.resetActions = [Self.read]
        } body: { tool, location in
            let outcome = try await tool.natctl("map tcp 8080 --json \(location)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.document.warnings?.map(\.code) == ["unverified"])
            #expect(try await tool.natctl("unmap tcp 8080 \(location)").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test("warns of a mapping that stays, and unmap finds it (A-3)")
    func isPermanent() async throws {
        try await Self.run(version: 1) {
            $0.timedLeaseRefusal = 725
        } body: { tool, location in
            let outcome = try await tool.natctl("map tcp 8080 --json \(location)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try outcome.document.warnings?.map(\.code) == ["permanentLease"])
            #expect(try await tool.natctl("unmap tcp 8080 \(location)").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test(
        "refused by codes ends with what they mean",
        arguments: [(501, Int32(77)), (602, 69), (603, 73), (606, 77), (728, 73), (729, 73)])
    func isRefused(code: Int, status: Int32) async throws {
        try await Self.run(version: 1) {
            $0.refusals["AddPortMapping"] = code
        } body: { tool, location in
            let arguments = "map tcp 8080 --exact --via upnp --json \(location)"
            let outcome = try await tool.natctl(arguments)
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(try outcome.document.error?.gatewayCode == code)
        }
    }

    @Test(
        "whose renewal the gateway no longer knows goes on to PCP (design: what gateways say)",
        arguments: [401, 501, 602])
    func goesOn(code: Int) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .upnp] }) { tool in
            let location =
                "--gateway \(tool.gateway.gateway) "
                + "--location \(try #require(tool.gateway.location))"
            try await tool.natctl("map tcp 8080 --via upnp \(location)")
            #expect(tool.forwarded == ["tcp 8080 8080 upnp"])
            await tool.gateway.restart()
            for action in Self.add.values { tool.gateway.faults.upnp.refusals[action] = code }
            let outcome = try await tool.natctl("map tcp 8080 \(location)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(tool.forwarded == ["tcp 8080 8080 pcp"])
        }
    }
}
