import TestSupport
import Testing

@Suite("A mapping on a real router", .needsLab, .timeLimit(.minutes(30))) struct MappingTests {
    @Test(
        "is reached from the WAN, renewed by a second process and deleted by a third",
        arguments: ["auto", "pcp", "nat-pmp"], ["tcp", "udp"])
    func lives(technique: String, transport: String) async throws {
        try await Lab.run { lab in
            try await lab.serve(transport, "8080")
            #expect(try await lab.reach(transport, "8080") == ["refused"])

            let map = "map \(transport) 8080 --via \(technique) --json"
            let first = try await lab.natctl(map)
            #expect(first.status == 0, "\(first.errors)")
            let mapping = try #require(first.document.mappings?.first)
            #expect(mapping.externalPort == 8080)
            #expect(mapping.internalAddress == "192.168.77.10")
            #expect(mapping.lifetime == 7200)
            #expect(mapping.technique == (technique == "auto" ? "pcp" : technique))
            #expect(try await lab.reach(transport, "8080") == ["\(transport) 8080"])

            let second = try await lab.natctl(map)
            #expect(try second.document.mappings?.map(\.externalPort) == [8080])
            #expect(try await lab.ruleCount() == 1)

            let third = try await lab.natctl("unmap \(transport) 8080 --json")
            #expect(third.status == 0, "\(third.errors)")
            #expect(try third.document.mappings?.count == 1)
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.reach(transport, "8080") == ["refused"])
        }
    }

    @Test("of a range of fifty ports opens all of them", arguments: ["pcp", "nat-pmp"])
    func range(technique: String) async throws {
        try await Lab.run(.countRequests) { lab in
            try await lab.serve("tcp", "20000-20049")
            let mapped = try await lab.natctl("map tcp 20000-20049 --via \(technique) --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(try mapped.document.mappings?.map(\.externalPort) == Array(20000...20049))
            #expect(try await lab.ruleCount() == 50)
            // The router takes its time for fifty; asked again it would make each of them anew.
            if technique == "pcp" { #expect(try await lab.requestCount() == 50) }
            let answers = try await lab.reach("tcp", "20000-20049")
            #expect(answers == (20000...20049).map { "tcp \($0)" })

            #expect(try await lab.natctl("unmap tcp 20000-20049").status == 0)
            #expect(try await lab.ruleCount() == 0)
        }
    }

    @Test("of both transports on another external port leads to the internal one")
    func otherExternalPort() async throws {
        try await Lab.run { lab in
            try await lab.serve("tcp", "8080")
            try await lab.serve("udp", "8080")
            #expect(try await lab.natctl("map both 8080 -e 9000 -q").lines == ["9000", "9000"])
            #expect(try await lab.reach("tcp", "9000") == ["tcp 8080"])
            #expect(try await lab.reach("udp", "9000") == ["udp 8080"])
        }
    }

    @Test("moves when another external port is asked for, and leaves none behind")
    func moves() async throws {
        try await Lab.run { lab in
            try await lab.natctl("map tcp 8080")
            #expect(try await lab.natctl("map tcp 8080 -e 9000 -q").lines == ["9000"])
            #expect(try await lab.ruleCount() == 1)
        }
    }

    @Test("of another client's port gets a free one, with a warning")
    func foreignPort() async throws {
        try await Lab.run(.secondClient) { lab in
            try await lab.on(.client2, "natpmpc -a 8080 8080 tcp 3600")
            let mapped = try await lab.natctl("map tcp 8080 --json")
            #expect(mapped.status == 0, "\(mapped.errors)")
            #expect(try mapped.document.mappings?.first?.externalPort != 8080)
            let warnings = try #require(mapped.document.warnings).map(\.code)
            #expect(warnings.contains("differentExternalPort"))
            #expect(try await lab.ruleCount() == 2)
        }
    }

    @Test("is deleted by --all, and nobody else's is")
    func deletesAll() async throws {
        try await Lab.run { lab in
            try await lab.on(.client, "natpmpc -a 7000 7000 tcp 3600")
            try await lab.natctl("map both 8080-8082")
            #expect(try await lab.ruleCount() == 7)
            #expect(try await lab.natctl("unmap --all").status == 0)
            #expect(try await lab.ruleCount() == 1)
        }
    }

    @Test("is made once although every third frame is lost or doubled", arguments: 0..<3)
    func badWire(_: Int) async throws {
        try await Lab.run(.loss(30), .duplicate(30)) { lab in
            let mapped = try await lab.natctl("map tcp 8080 --json --timeout 30s")
            #expect(mapped.status == 0, "\(mapped.errors)")
            // A request that arrives twice is granted twice, and the router lays its rule anew.
            try await lab.wait(for: "one rule") { try await lab.ruleCount() == 1 }
        }
    }

    @Test("is renewed on the same port after the router forgot it")
    func routerRestarts() async throws {
        try await Lab.run { lab in
            try await lab.natctl("map tcp 8080 -e 9000")
            try await lab.on(.router, "router-daemon restart")
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("map tcp 8080 -e 9000 -q").lines == ["9000"])
            #expect(try await lab.ruleCount() == 1)
        }
    }
}
