import Foundation
import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

/// A port of the gateway is taken for one transport alone where another of this host's has it.
@Suite("natctl map both on the simulator", .timeLimit(.minutes(10))) struct SimulatorPairTests {
    /// The exchanges that change the gateway's table.
    private static func changes(_ gateway: SimulatedGateway) -> (maps: Int, deletes: Int) {
        let log = gateway.log
        return (
            log.count(.pcpMap) + log.count(.natpmpMap) + log.count(.upnpMap),
            log.count(.pcpDelete) + log.count(.natpmpDelete) + log.count(.upnpDelete)
        )
    }

    /// Lends a gateway that speaks everything, and the options to ask it by one technique.
    private static func run(
        _ technique: Technique, taken: [String],
        body: (ToolBehindGateway, _ options: String) async throws -> Void
    ) async throws {
        try await ToolBehindGateway.run({ $0.techniques = Set(Technique.allCases) }) { tool in
            for ports in taken {
                // Not by UPnP, which lets this host redirect its own mappings.
                #expect(try await tool.natctl("map \(ports) --via pcp").status == 0)
            }
            let location =
                technique == .upnp
                ? " --location \(try #require(tool.gateway.location))" : ""
            try await body(tool, "--via \(technique.rawValue)\(location)")
        }
    }

    /// What is forwarded to port 8080, by transport and external port.
    private static func pair(_ tool: ToolBehindGateway) -> [String] {
        tool.gateway.mappings.filter { $0.internalEndpoint.port == 8080 }
            .map { "\($0.transport.rawValue) \($0.externalPort)" }.sorted()
    }

    @Test(
        "finds one external port where that of one transport is taken, and stays there",
        arguments: Technique.allCases, ["udp", "tcp"])
    func findsCommonPort(technique: Technique, taken: String) async throws {
        try await Self.run(technique, taken: ["\(taken) 7000 -e 9000"]) { tool, options in
            let first = try await tool.natctl("map both 8080 -e 9000 \(options) --json")
            #expect(first.status == 0, "\(first.errors)")
            let ports = try #require(try first.document.mappings?.map(\.externalPort))
            #expect(Set(ports).count == 1 && ports.count == 2 && ports.first != 9000, "\(ports)")
            #expect(
                try first.document.warnings?.map(\.code)
                    == ["differentExternalPort", "differentExternalPort"])
            let port = try #require(ports.first)
            let pair = ["tcp \(port)", "udp \(port)"]
            #expect(Self.pair(tool) == pair)
            // The same with and without -e is a renewal.
            for again in ["map both 8080 -e 9000", "map 8080/both", "map 9000:8080/both"] {
                let before = Self.changes(tool.gateway)
                let outcome = try await tool.natctl("\(again) \(options) --json")
                #expect(try outcome.document.mappings?.map(\.externalPort) == ports)
                #expect(try outcome.document.warnings?.isEmpty == true)
                let after = Self.changes(tool.gateway)
                #expect(after.maps - before.maps == 2)
                #expect(after.deletes == before.deletes)
            }
            #expect(Self.pair(tool) == pair)
            #expect(try await tool.natctl("unmap both 8080 \(options)").status == 0)
            #expect(Self.pair(tool) == [])
        }
    }

    @Test(
        "takes two after eight others, with a warning, and the same again moves nothing",
        arguments: Technique.allCases)
    func takesTwo(technique: Technique) async throws {
        // 9009 would be the ninth.
        let taken = ["udp 7000 -e 9000", "tcp 7001-7008 -e 9001"]
        try await Self.run(technique, taken: taken) { tool, options in
            let text = try await tool.natctl("map both 8080 -e 9000 \(options)")
            #expect(text.status == 0)
            let udp = try #require(
                Self.pair(tool).last?.split(separator: " ").last.map(String.init))
            #expect(Self.pair(tool).first == "tcp 9000")
            #expect(
                text.errors.contains(
                    "tcp 8080 and udp 8080 have the external ports 9000 and \(udp)"),
                "\(text.errors)")
            let before = Self.changes(tool.gateway)
            let again = try await tool.natctl("map both 8080 -e 9000 \(options) -q")
            #expect(again.lines == ["9000", udp])
            #expect(Self.changes(tool.gateway).maps - before.maps == 2)
            #expect(Self.changes(tool.gateway).deletes == before.deletes)
            // What is new is said in the document too.
            try await tool.natctl("unmap both 8080 \(options)")
            let document = try await tool.natctl("map both 8080 -e 9000 \(options) --json").document
            #expect(document.warnings?.map(\.code).contains("differentPorts") == true)
        }
    }

    @Test("with --exact neither is mapped where one is not", arguments: Technique.allCases)
    func isAllOrNothing(technique: Technique) async throws {
        for (taken, order) in [("udp", "both 8080"), ("tcp", "both 8080"), ("tcp", "8080/both")] {
            try await Self.run(technique, taken: ["\(taken) 7000 -e 8080"]) { tool, options in
                let outcome = try await tool.natctl("map \(order) --exact \(options) --json")
                #expect(outcome.status == 73, "\(outcome.errors)")
                #expect(try outcome.document.error?.code == "cannotMap")
                #expect(try outcome.document.failures?.count == 2)
                #expect(try outcome.document.mappings?.isEmpty == true)
                #expect(Self.pair(tool) == [])
                #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
            }
        }
    }

    @Test(
        "with --exact what was mapped before stays, also after a move", arguments: ["8080", "9000"])
    func keepsWhatWas(port: String) async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 8080"]) { tool, _ in
            let before = try await tool.natctl("map tcp 8080 -e \(port)")
            #expect(before.status == 0, "\(before.errors)")
            let outcome = try await tool.natctl("map both 8080 -e 8080 --exact")
            #expect(outcome.status == 73, "\(outcome.errors)")
            #expect(Self.pair(tool) == ["tcp \(port)"])
            #expect(try await tool.natctl("list --leases -q").lines.sorted() == ["8080", port])
        }
    }

    @Test("interrupted in the search it leaves nothing mapped")
    func isInterrupted() async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 8080"]) { tool, _ in
            // Carried out, and not confirmed.
            tool.gateway.faults.answerDelays[.pcpDelete] = .seconds(600)
            let outcome = try await tool.running("map both 8080") { natctl in
                try await condition { tool.gateway.log.count(.pcpDelete) > 0 }
                natctl.send(SIGINT)
            }
            #expect(outcome.status == 128 + SIGINT, "\(outcome.errors)")
            #expect(Self.pair(tool) == [])
        }
    }

    @Test("of a range each port has its own")
    func mapsRange() async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 9000"]) { tool, _ in
            let outcome = try await tool.natctl("map both 8080-8083 -e 9000 -q")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let ports = outcome.lines
            #expect(ports.count == 8 && Set(ports).count == 4, "\(ports)")
            for index in stride(from: 0, to: ports.count - 1, by: 2) {
                #expect(ports[index] == ports[index + 1])
            }
        }
    }

    @Test(
        "moves what is mapped already to the port that both can have, and warns of both",
        arguments: [("udp", "tcp"), ("tcp", "udp")])
    func movesOlder(taken: String, mapped: String) async throws {
        try await Self.run(.natPMP, taken: ["\(taken) 7000 -e 8080"]) { tool, options in
            try await tool.natctl("map \(mapped) 8080 \(options)")
            #expect(Self.pair(tool) == ["\(mapped) 8080"])
            let document = try await tool.natctl("map both 8080 \(options) --json").document
            #expect(Self.pair(tool) == ["tcp 8081", "udp 8081"])
            #expect(document.mappings?.map(\.externalPort) == [8081, 8081])
            #expect(
                document.warnings?.map(\.message).filter { $0.contains("8081 instead of 8080") }
                    .count
                    == 2, "\(document.warnings?.map(\.message) ?? [])")
            // The same again is a renewal, of which there is nothing to say.
            let again = try await tool.natctl("map both 8080 \(options) --json").document
            #expect(again.warnings?.isEmpty == true)
        }
    }

    @Test("tcp and udp that were not named together keep their own ports")
    func leavesOthers() async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 8080"]) { tool, _ in
            let outcome = try await tool.natctl("map 8080/tcp 8080/udp -q")
            #expect(outcome.lines == ["8080", "8081"])
        }
    }

    @Test("COMMAND finds the common port, and nothing of it stays")
    func runsCommand() async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 8080"]) { tool, _ in
            let outcome = try await tool.natctl(
                "map both 8080 -q -- printenv NATCTL_EXTERNAL_PORT")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines == ["8081"])
            #expect(Self.pair(tool) == [])
        }
    }

    @Test("--keep renews the pair where it is, and maps all or nothing with --exact")
    func keeps() async throws {
        try await Self.run(.pcp, taken: ["udp 7000 -e 8080"]) { tool, _ in
            let exact = try await tool.natctl("map both 8080 --exact --keep --json")
            #expect(exact.status == 73, "\(exact.errors)")
            #expect(Self.pair(tool) == [])
            try await tool.natctl(staying: "map both 8080 --keep") { natctl in
                try await natctl.waits(for: "mapped") { $0.mapping?.transport == "udp" }
                #expect(Self.pair(tool) == ["tcp 8081", "udp 8081"])
                try await natctl.signal(SIGHUP)
                try await natctl.waits(for: "renewed") { $0.mapping?.transport == "udp" }
                #expect(Self.pair(tool) == ["tcp 8081", "udp 8081"])
            }
            #expect(Self.pair(tool) == [])
        }
    }
}
