import GatewaySimulator
import NATTraversal
import Testing
import TestSupport

@Suite("Answers of a simulator that misbehaves") struct SimulatorAnswerTests {
    struct Spoilt: Sendable, CustomTestStringConvertible {
        var via: String
        var corruption: GatewayFaults.Corruption

        var testDescription: String { "\(via), \(corruption.rawValue)" }
    }

    /// NAT-PMP has no nonce, and no rule for what stands behind the last field.
    static let spoilt =
        GatewayFaults.Corruption.allCases.map { Spoilt(via: "pcp", corruption: $0) }
        + GatewayFaults.Corruption.allCases.filter { ![.wrongNonce, .unaligned].contains($0) }
        .map { Spoilt(via: "nat-pmp", corruption: $0) }

    @Test("spoilt ones are never accepted (N-5, N-6, T-5)", arguments: spoilt)
    func areNotAccepted(spoilt: Spoilt) async throws {
        var faults = GatewayFaults()
        faults.corruption = spoilt.corruption
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl(
                "map tcp 8080 --via \(spoilt.via) --timeout 1s --json")
            #expect(outcome.status == 65)
            let document = try outcome.document
            #expect(document.error?.code == "badAnswer")
            #expect(document.error?.technique == spoilt.via)
            #expect(document.mappings?.isEmpty == true)
        }
    }

    @Test("a good one after a spoilt one counts (N-5)", arguments: spoilt)
    func areFollowed(spoilt: Spoilt) async throws {
        var faults = GatewayFaults()
        faults.corruption = spoilt.corruption
        faults.corruptsOnlyFirstCopy = true
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --via \(spoilt.via) -q")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.lines == ["8080"])
        }
    }

    @Test("a good one counts though it comes only when asked again (N-5)")
    func areAskedForAgain() async throws {
        var faults = GatewayFaults()
        faults.corruption = .wrongNonce
        try await ToolBehindGateway.run(faults) { tool in
            async let outcome = tool.natctl("map tcp 8080")
            try await condition { tool.gateway.log.count(.pcpMap) > 0 }
            tool.gateway.faults.corruption = nil
            #expect(try await outcome.status == 0)
        }
    }

    @Test(
        "those of strangers are not heard (T-5)",
        arguments: GatewayFaults.AnswerSource.allCases.filter { $0 != .gateway })
    func areNotHeard(source: GatewayFaults.AnswerSource) async throws {
        var faults = GatewayFaults()
        faults.answerSource = source
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080 --timeout 1s --json")
            #expect(outcome.status == 75)
            #expect(try outcome.document.error?.code == "timeout")
        }
    }

    @Test("silence is told after 3 s, and sooner or later where --timeout says so")
    func isSilent() async throws {
        var faults = GatewayFaults()
        faults.silence = .all
        try await ToolBehindGateway.run(faults) { tool in
            for (arguments, seconds, sends) in [
                ("", 3.0, 4), ("--timeout 1s", 1.0, 3), ("--timeout 5s", 5.0, 5),
            ] {
                let before = tool.gateway.log.count(.pcpMap)
                let outcome = try await tool.natctl("map tcp 8080 --via pcp \(arguments)")
                #expect(outcome.status == 75)
                #expect(outcome.seconds >= seconds)
                #expect(tool.gateway.log.count(.pcpMap) - before == sends, "\(arguments)")
            }
        }
    }

    @Test("a closed port is no silence (N-2)")
    func isClosed() async throws {
        try await ToolBehindGateway.run {
            $0.hasClosedPort = true
        } body: { tool in
            let outcome = try await tool.natctl("map tcp 8080 --via pcp --json")
            #expect(outcome.status == 69)
            #expect(try outcome.document.error?.code == "unavailable")
            #expect(outcome.errors.contains("refused"))
        }
    }

    @Test("one technique is enough, whichever it is", arguments: [Technique.pcp, .natPMP])
    func isAlone(technique: Technique) async throws {
        let other = technique == .pcp ? "nat-pmp" : "pcp"
        try await ToolBehindGateway.run {
            $0.techniques = [technique]
        } body: { tool in
            let outcome = try await tool.natctl("map both 8080 --json")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(
                try outcome.document.mappings?.map(\.technique)
                    == [technique.rawValue, technique.rawValue])
            #expect(try await tool.natctl("external-ip").lines == ["11.22.33.1"])
            #expect(tool.gateway.mappings.count == 2)
            #expect(try await tool.natctl("map tcp 8081 --via \(other)").status == 69)
        }
    }

    @Test("a gateway deaf to one version is asked by the other", arguments: ["pcp", "nat-pmp"])
    func isDeaf(version: String) async throws {
        var faults = GatewayFaults()
        faults.silence = try #require(GatewayFaults.Silence(rawValue: version))
        let other = version == "pcp" ? "nat-pmp" : "pcp"
        try await ToolBehindGateway.run(faults) { tool async throws in
            #expect(try await tool.natctl("map tcp 8080").status == 0)
            #expect(try await tool.natctl("external-ip").lines == ["11.22.33.1"])
            #expect(tool.forwarded == ["tcp 8080 8080 \(other)"])
        }
    }

    @Test("a slow gateway's answers that come twice and late change nothing")
    func isSlow() async throws {
        var faults = GatewayFaults()
        faults.delay = .milliseconds(600)
        faults.duplicates = 3
        try await ToolBehindGateway.run(faults) { tool in
            let outcome = try await tool.natctl("map tcp 8080-8082 -q")
            #expect(outcome.lines == ["8080", "8081", "8082"])
            #expect(tool.gateway.mappings.count == 3)
        }
    }
}
