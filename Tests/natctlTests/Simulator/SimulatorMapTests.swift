import GatewaySimulator
import Testing
import TestSupport

@Suite("natctl map on the simulator") struct SimulatorMapTests {
    @Test(
        "prints a line for each port in the order given, tcp before udp",
        arguments: [
            ("tcp 8080", ["tcp 8080"]), ("both 8080", ["tcp 8080", "udp 8080"]),
            ("udp 9002 9000-9001 9001", ["udp 9002", "udp 9000", "udp 9001"]),
            (
                "51820/udp 8080/tcp tcp 22000 53/both",
                ["udp 51820", "tcp 8080", "tcp 22000", "tcp 53", "udp 53"]
            ),
        ])
    func printsLines(arguments: String, ports: [String]) async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map \(arguments)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                outcome.lines
                    == ports.map { name in
                        let (transport, port) = (name.prefix(3), name.dropFirst(4))
                        return "\(transport) 127.0.0.1:\(port) <- 11.22.33.1:\(port)  pcp, 2h"
                    })
            #expect(
                tool.forwarded.sorted() == ports.map { "\($0) \($0.dropFirst(4)) pcp" }.sorted())
        }
    }

    @Test(
        "an external port in front is suggested, and unmap takes the same words",
        arguments: ["pcp", "nat-pmp"])
    func suggests(via: String) async throws {
        try await ToolBehindGateway.run { tool in
            let ports = "80:8080/both 9000-9001:8000-8001/udp tcp 81:8081 8082"
            let outcome = try await tool.natctl("map \(ports) -q --via \(via)")
            #expect(outcome.lines == ["80", "80", "9000", "9001", "81", "8082"])
            #expect(outcome.errors == "")
            let forwarded = [
                "tcp 8080 80", "udp 8080 80", "udp 8000 9000", "udp 8001 9001", "tcp 8081 81",
                "tcp 8082 8082",
            ]
            #expect(tool.forwarded.sorted() == forwarded.map { "\($0) \(via)" }.sorted())
            // Unlike -e, a word without an external port leaves the lease's.
            #expect(try await tool.natctl("map 8080/both -q").lines == ["80", "80"])
            #expect(try await tool.natctl("unmap \(ports)").status == 0)
            #expect(tool.forwarded.isEmpty)
        }
    }

    @Test("prints the external ports alone with -q, in the order asked")
    func printsPorts() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map udp 9000 8000 -e 7000 -q")
            #expect(outcome.lines == ["7000", "7001"])
            #expect(outcome.errors == "")
        }
    }

    @Test(
        "the same from another process is a renewal, with the same nonce and port (N-9)",
        arguments: ["pcp", "nat-pmp"])
    func renews(via: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080 -e 9090 --via \(via)")
            let before = try #require(tool.gateway.mappings.first)
            let outcome = try await tool.natctl("map tcp 8080 --json")
            #expect(try outcome.document.mappings?.map(\.externalPort) == [9090])
            #expect(try outcome.document.mappings?.map(\.technique) == [via])
            let after = try #require(tool.gateway.mappings.first)
            #expect(tool.gateway.mappings.count == 1)
            #expect(after.nonce == before.nonce)
            let times = [before.expiry, after.expiry].compactMap(\.self)
            #expect(times.count == 2 && times[0] < times[1])
        }
    }

    @Test(
        "another -e or --via moves the mapping: the old one is gone",
        arguments: [
            ("-e 9090", "tcp 8080 9090 pcp"), ("--via nat-pmp", "tcp 8080 8080 nat-pmp"),
        ])
    func moves(arguments: String, entry: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 8080")
            let outcome = try await tool.natctl("map tcp 8080 \(arguments)")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(tool.forwarded == [entry])
            #expect(try await tool.natctl("list --leases -q").lines.count == 1)
        }
    }

    @Test("a move that is refused leaves the old mapping, and its lease")
    func restores() async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map udp 8080")
            // PCP's own port is never granted (RFC 6887, section 11.3).
            let outcome = try await tool.natctl("map udp 8080 -e 5351 --exact --json")
            #expect(outcome.status == 73)
            #expect(tool.forwarded == ["udp 8080 8080 pcp"])
            #expect(try await tool.natctl("list --leases -q").lines == ["8080"])
            #expect(try await tool.natctl("unmap udp 8080").status == 0)
            #expect(tool.forwarded == [])
        }
    }

    @Test(
        "takes another port than suggested with a warning, and with --exact fails (N-4)",
        arguments: ["pcp", "nat-pmp"])
    func demandsPort(via: String) async throws {
        var faults = GatewayFaults()
        faults.grantedPort = .another
        try await ToolBehindGateway.run(faults) { tool in
            let exact = try await tool.natctl("map tcp 8080 --exact --via \(via) --json")
            #expect(exact.status == 73)
            #expect(try exact.document.error?.code == "cannotMap")
            #expect(tool.forwarded == [])
            #expect(try await tool.natctl("list --leases").lines == [])
            let other = try await tool.natctl("map tcp 8080 --via \(via) --json")
            #expect(other.status == 0)
            #expect(try other.document.warnings?.map(\.code) == ["differentExternalPort"])
            #expect(tool.gateway.mappings.count == 1)
        }
    }

    @Test(
        "-e 0 leaves the external port to the gateway: any is as good, and a later -e moves it",
        arguments: ["pcp", "nat-pmp"])
    func takesAnyPort(via: String) async throws {
        var faults = GatewayFaults()
        faults.grantedPort = .another
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 -e 0 --via \(via) --json -vv")
            #expect(outcome.status == 0)
            #expect(try outcome.document.warnings?.isEmpty == true)
            #expect(outcome.errors.contains("external port 0"), "\(outcome.errors)")
            let port = try #require(try outcome.document.mappings?.first?.externalPort)
            #expect(port != 8080)
            let again = try await tool.natctl("map tcp 8080 -e 0 -q")
            #expect(again.lines == ["\(port)"])
            let wished = try await tool.natctl("map tcp 8080 -e 8080 --json")
            #expect(try wished.document.warnings?.map(\.code) == ["differentExternalPort"])
        }
    }

    @Test(
        "port 0 and lifetime 0 are no grants (N-7)",
        arguments: ["pcp", "nat-pmp"], ["port", "lifetime"])
    func refusesEmptyGrants(via: String, what: String) async throws {
        var faults = GatewayFaults()
        if what == "port" { faults.grantedPort = .zero } else { faults.grantedLifetimeSeconds = 0 }
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --via \(via) --json")
            #expect(outcome.status == 65)
            #expect(try outcome.document.error?.code == "badAnswer")
            #expect(try outcome.document.mappings?.isEmpty == true)
            #expect(try await tool.natctl("list --leases").lines == [])
        }
    }

    @Test("a shorter lifetime than asked for is a warning, a longer one is not (N-7)")
    func warnsOfShorterLifetime() async throws {
        try await ToolBehindGateway.run { tool in
            for (lifetime, granted, codes) in [
                ("2d", 86400, ["shorterLifetime"]), ("60s", 120, []), ("1h", 3600, []),
            ] {
                let outcome = try await tool.natctl("map tcp 8080 --lifetime \(lifetime) --json")
                #expect(try outcome.document.mappings?.map(\.lifetime) == [granted])
                #expect(try outcome.document.warnings?.map(\.code) == codes)
            }
        }
    }

    @Test("maps a thousand ports")
    func mapsMany() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map udp 20000-20999 -q")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines.count == 1000)
            #expect(tool.gateway.mappings.count == 1000)
            #expect(try await tool.natctl("unmap --all").status == 0)
            #expect(tool.gateway.mappings.isEmpty)
        }
    }

    @Test(
        "maps fifty ports where a third of the datagrams is lost, and some come twice",
        arguments: ["pcp", "nat-pmp"])
    func mapsThroughLoss(via: String) async throws {
        var faults = GatewayFaults()
        faults.lossPercent = 30
        faults.duplicates = 1
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map udp 20000-20049 --via \(via) -q")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines == (20000..<20050).map(String.init))
            #expect(tool.gateway.mappings.count == 50)
        }
    }

    @Test("with several ports the first failure decides, and the others are mapped")
    func mapsTheOthers() async throws {
        try await ToolBehindGateway.run { tool in
            let outcome = try await tool.natctl("map udp 8080 5350-5351 8081 --exact --json")
            #expect(outcome.status == 73)
            let document = try outcome.document
            #expect(document.mappings?.map(\.internalPort) == [8080, 8081])
            #expect(document.failures?.map(\.internalPort) == [5350, 5351])
            #expect(document.error?.gatewayCodeName == "CANNOT_PROVIDE_EXTERNAL")
            #expect(tool.gateway.mappings.count == 2)
        }
    }

    @Test(
        "says that standard output is full",
        arguments: ["map tcp 8080", "external-ip", "list --leases"])
    func saysFull(arguments: String) async throws {
        try await ToolBehindGateway.run { tool in
            try await tool.natctl("map tcp 1000")
            let outcome = try await tool.shell("exec natctl \(arguments) >/dev/full")
            #expect(outcome.status == 74)
            #expect(outcome.errors.contains("standard output"))
        }
    }
}
