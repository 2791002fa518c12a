import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("Refusals of the simulator") struct SimulatorRefusalTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var via: String
        var code: UInt16
        var name: String?
        var status: Int32
        var error: String

        var testDescription: String { "\(via) \(code)" }

        init(_ via: String, _ code: UInt16, _ name: String?, _ status: Int32, _ error: String) {
            (self.via, self.code, self.name) = (via, code, name)
            (self.status, self.error) = (status, error)
        }
    }

    static let refusals = [
        Refusal("pcp", 1, "UNSUPP_VERSION", 69, "unavailable"),
        Refusal("pcp", 2, "NOT_AUTHORIZED", 77, "refused"),
        Refusal("pcp", 3, "MALFORMED_REQUEST", 77, "refused"),
        Refusal("pcp", 4, "UNSUPP_OPCODE", 69, "unavailable"),
        Refusal("pcp", 5, "UNSUPP_OPTION", 77, "refused"),
        Refusal("pcp", 6, "MALFORMED_OPTION", 77, "refused"),
        Refusal("pcp", 7, "NETWORK_FAILURE", 69, "unavailable"),
        Refusal("pcp", 8, "NO_RESOURCES", 73, "cannotMap"),
        Refusal("pcp", 9, "UNSUPP_PROTOCOL", 77, "refused"),
        Refusal("pcp", 10, "USER_EX_QUOTA", 73, "cannotMap"),
        Refusal("pcp", 11, "CANNOT_PROVIDE_EXTERNAL", 73, "cannotMap"),
        Refusal("pcp", 12, "ADDRESS_MISMATCH", 77, "refused"),
        Refusal("pcp", 13, "EXCESSIVE_REMOTE_PEERS", 77, "refused"),
        Refusal("pcp", 200, nil, 77, "refused"),
        Refusal("nat-pmp", 2, "NOT_AUTHORIZED", 77, "refused"),
        Refusal("nat-pmp", 3, "NETWORK_FAILURE", 69, "unavailable"),
        Refusal("nat-pmp", 4, "OUT_OF_RESOURCES", 73, "cannotMap"),
        Refusal("nat-pmp", 5, "UNSUPP_OPCODE", 69, "unavailable"),
        Refusal("nat-pmp", 66, nil, 77, "refused"),
    ]

    static func faults(_ refusal: Refusal) -> GatewayFaults {
        var faults = GatewayFaults()
        faults.refusals[refusal.via == "pcp" ? .pcpMap : .natpmpMap] = .init(code: refusal.code)
        return faults
    }

    @Test("end map with their code, and leave no lease", arguments: refusals)
    func endMap(refusal: Refusal) async throws {
        try await ToolBehindGateway.run(Self.faults(refusal)) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --via \(refusal.via) --json")
            #expect(outcome.status == refusal.status)
            let document = try outcome.document
            #expect(document.error?.code == refusal.error)
            #expect(document.error?.gatewayCode == Int(refusal.code))
            #expect(document.error?.gatewayCodeName == refusal.name)
            #expect(document.error?.technique == refusal.via)
            #expect(document.failures?.map(\.error.code) == [refusal.error])
            #expect(outcome.errors.split(separator: "\n").count == 1)
            #expect(tool.forwarded == [])
            #expect(try await tool.natctl("list --leases").lines == [])
            #expect(try !tool.state.text("leases.json").contains("8080"))
        }
    }

    @Test(
        "and its silence name the gateway with its port, as its mappings do",
        arguments: ["pcp", "nat-pmp", "upnp"], [true, false])
    func nameGateway(via: String, isSilent: Bool) async throws {
        try await ToolBehindGateway.run({ configuration in
            configuration.techniques = [.pcp, .natPMP, .upnp]
            for operation in [GatewayOperation.pcpMap, .natpmpMap] {
                configuration.faults.refusals[operation] = 4
            }
            for action in ["AddPortMapping", "AddAnyPortMapping"] {
                configuration.faults.upnp.refusals[action] = 606
                if isSilent { configuration.faults.upnp.actionDelays[action] = .seconds(60) }
            }
            if isSilent { configuration.faults.silence = .all }
        }) { tool in
            let location = try #require(tool.gateway.location)
            let outcome = try await tool.shell(
                "natctl map tcp 8080 --via \(via) --json --timeout 1s",
                environment: ["NATCTL_LOCATION": location])
            let error = try #require(try outcome.document.error)
            #expect((error.gatewayCode == nil) == isSilent)
            #expect(error.gateway == tool.gateway.gateway.description, "\(error.message)")
            let gateway = try await tool.natctl("gateway --json --timeout 1s --via \(via)")
            #expect(
                try gateway.document.gateways?.map(\.address)
                    == [tool.gateway.gateway.description])
        }
    }

    @Test("are believed from a header alone, after a while (T-5)")
    func areBelievedLate() async throws {
        var faults = GatewayFaults()
        faults.refusals[.pcpMap] = 10
        faults.sendsHeaderOnlyErrors = true
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --via pcp --json")
            #expect(outcome.status == 73)
            #expect(try outcome.document.error?.gatewayCodeName == "USER_EX_QUOTA")
        }
    }

    @Test(
        "leave the other techniques of the gateway worth asking, whatever the code",
        arguments: refusals)
    func goOn(refusal: Refusal) async throws {
        try await ToolBehindGateway.run({ configuration in
            configuration.techniques = [.pcp, .natPMP, .upnp]
            configuration.faults = Self.faults(refusal)
            if refusal.via == "nat-pmp" { configuration.faults.refusals[.pcpMap] = 4 }
        }) { tool in
            let location = try #require(tool.gateway.location)
            let gateway = "--gateway \(tool.gateway.gateway) --location \(location)"
            #expect(try await tool.natctl("map tcp 8080 \(gateway)").status == 0)
            // A daemon that is switched off says 2 by PCP and by NAT-PMP.
            let technique = refusal.via == "pcp" && refusal.code != 2 ? "nat-pmp" : "upnp"
            #expect(tool.forwarded == ["tcp 8080 8080 \(technique)"])
        }
    }

    @Test("CANNOT_PROVIDE_EXTERNAL is met with one other port and one other suggested address")
    func tryOtherPorts() async throws {
        var faults = GatewayFaults()
        faults.refusals[.pcpMap] = 11
        try await ToolBehindGateway.run(faults) { tool async throws in
            #expect(try await tool.natctl("map tcp 8080 --via pcp").status == 73)
            #expect(tool.gateway.log.count(.pcpMap) == 3)
            #expect(try await tool.natctl("map tcp 8080 --via pcp --exact").status == 73)
            #expect(tool.gateway.log.count(.pcpMap) == 4)
        }
    }

    @Test("out of resources by NAT-PMP is met with one other port (N-3)")
    func tryOneOtherPort() async throws {
        var faults = GatewayFaults()
        faults.refusals[.natpmpMap] = 4
        try await ToolBehindGateway.run(faults) { tool async throws in
            #expect(try await tool.natctl("map tcp 8080 --via nat-pmp").status == 73)
            #expect(tool.gateway.log.count(.natpmpMap) == 2)
        }
    }
}
