import Foundation
import NATTraversalSupport
import Testing
import TestSupport

/// A router with a fault, which a report must show to whoever replays it.
private struct RecordedRouter: Sendable, CustomTestStringConvertible {
    var options: [String]
    /// What the original shows: its diagnosis, so that a test sees the fault at all.
    var diagnosis: String?

    var testDescription: String { options.joined(separator: " ") }

    init(_ diagnosis: String?, _ options: String...) {
        self.diagnosis = diagnosis
        self.options = options
    }

    static let all = [
        RecordedRouter("public"),
        RecordedRouter("public", "--friendly-name", "Tom's router", "--idle-connection"),
        RecordedRouter(nil, "--only", "pcp"),
        RecordedRouter("public", "--only", "nat-pmp"),
        RecordedRouter("public", "--only", "upnp"),
        RecordedRouter("public", "--closed-port"),
        RecordedRouter("no-mapping-service", "--closed-port", "--closed-http-port"),
        RecordedRouter("no-mapping-service", "--silence", "all", "--only-search-target", "none"),
        RecordedRouter("double-nat", "--reported-address", "192.168.0.9"),
        RecordedRouter("carrier-nat", "--reported-address", "100.64.1.1"),
        RecordedRouter("disagreement", "--address-text", "11.22.33.45"),
        RecordedRouter("public", "--refuse", "nat-pmp-address=3", "--address-text", "11.22.33.45"),
        RecordedRouter(
            "no-external-address", "--refuse", "nat-pmp-address=3", "--address-text", ""),
        RecordedRouter("public", "--address-text", "0x0b16212c"),
        RecordedRouter("public", "--corrupt", "truncated"),
        RecordedRouter("public", "--corrupt", "wrong-version", "--then-correct"),
        RecordedRouter("public", "--duplicates", "2", "--loss", "30", "--seed", "7"),
        RecordedRouter("public", "--search-from-another-port", "--sloppy-headers"),
        RecordedRouter("public", "--framing", "chunked"),
        RecordedRouter("public", "--framing", "until-close"),
        RecordedRouter("public", "--framing", "too-long"),
        RecordedRouter("public", "--framing", "two-lengths"),
        RecordedRouter("public", "--framing", "continue-first"),
        RecordedRouter("public", "--framing", "silent"),
        RecordedRouter("public", "--login-page"),
        RecordedRouter("public", "--fail-description", "cut=1"),
        RecordedRouter("public", "--fail-description", "503=1"),
        RecordedRouter("public", "--control-status", "401"),
        RecordedRouter("public", "--redirect", "http://192.0.2.1/"),
        RecordedRouter("public", "--reset", "GetExternalIPAddress"),
        RecordedRouter("public", "--refuse-action", "GetExternalIPAddress=501"),
        RecordedRouter("public", "--odd-answers", "--odd-faults", "--pad-description"),
        RecordedRouter("public", "--no-connection"),
        RecordedRouter("public", "--base-url", "http://10.0.0.1:99/"),
    ]
}

@Suite("A report of gateway") struct SimulatorReportTests {
    @Test("is replayed to the same document", arguments: RecordedRouter.all)
    private func replays(router: RecordedRouter) async throws {
        try await Judge.need(["ip"])
        let folder = try TemporaryFolder()
        let report = folder.url.appendingPathComponent("report.json").path
        // By a search and the ports of the RFCs, in a network of its own.
        let recorded = try await BuiltTool.run(
            Judge.tool("alone"),
            [
                ProjectFiles.simulator.path, "--port", "5351", "--search-port", "1900",
                "--reported-address", "11.22.33.44",
            ] + router.options + [
                "--", "env", "-u", "NATCTL_LOCATION", ProjectFiles.natctl.path, "gateway",
                "--timeout", "9s", "--json", "--report", report,
            ])
        #expect(recorded.status == 0, "\(recorded.errors)")
        let replayed = try await BuiltTool.run(
            Judge.tool("alone"),
            [
                ProjectFiles.simulator.path, "--replay", report, "--listen", "127.9.9.9", "--",
                ProjectFiles.natctl.path, "gateway", "--timeout", "9s", "--json",
            ])
        #expect(replayed.status == 0, "\(replayed.errors)")
        let text = try folder.text("report.json")
        #expect(
            try ReplayedDocument(replayed.output, gateway: "127.9.9.9")
                == ReplayedDocument(text, gateway: "127.0.0.1"))
        #expect(try recorded.diagnosis == router.diagnosis)
        for secret in ["11.22.33.4", "Tom's", "00000000-0000-0000-0000-0000000000aa"] {
            #expect(!text.contains(secret), "\(secret)")
        }
        if DocumentSchema.isAvailable { try await DocumentSchema.shared.check(text) }
    }

    private static let kept = (try? FileManager.default.contentsOfDirectory(atPath: reports.path))?
        .filter { $0.hasSuffix(".json") }.sorted()
    private static let reports = ProjectFiles.root.appendingPathComponent(
        "Tests/natctlTests/Reports")

    @Test("that was kept of a router shows what it holds", arguments: kept ?? [])
    func replaysKept(file: String) async throws {
        try await Judge.need(["ip"])
        let path = Self.reports.appendingPathComponent(file).path
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let replayed = try await BuiltTool.run(
            Judge.tool("alone"),
            [
                ProjectFiles.simulator.path, "--replay", path, "--", ProjectFiles.natctl.path,
                "gateway", "--json",
            ])
        #expect(replayed.status == 0, "\(replayed.errors)")
        let (recorded, played) = (try text.bestGateway, try replayed.output.bestGateway)
        #expect(
            try ReplayedDocument(replayed.output, gateway: played)
                == ReplayedDocument(text, gateway: recorded))
    }

    @Test("is one valid document whatever the router sends", arguments: HostileRouter.all)
    private func takesAnything(router: HostileRouter) async throws {
        try await Judge.need(["ip", "python3"])
        let folder = try TemporaryFolder()
        let report = folder.url.appendingPathComponent("report.json").path
        let recorded = try await BuiltTool.run(
            Judge.tool("alone"),
            [
                "python3", Judge.tool("hostile-router.py").path, router.name,
                ProjectFiles.natctl.path, "gateway", "--gateway", "127.0.0.1", "--timeout", "6s",
                "--json", "--report", report,
            ])
        #expect(recorded.status == 0, "\(recorded.errors)")
        let text = try folder.text("report.json")
        #expect(text.utf8.count < 8 << 20)
        #expect(text.utf8.count > router.leastSize)
        if DocumentSchema.isAvailable { try await DocumentSchema.shared.check(text) }
        #expect(!text.contains("Tom's"))
        let replayed = try await BuiltTool.run(
            Judge.tool("alone"),
            [
                ProjectFiles.simulator.path, "--replay", report, "--",
                ProjectFiles.natctl.path, "gateway", "--timeout", "6s", "--json",
            ])
        #expect(replayed.status == 0, "\(replayed.errors)")
        #expect(
            try ReplayedDocument(replayed.output, gateway: "127.0.0.1")
                == ReplayedDocument(text, gateway: "127.0.0.1"))
    }

    @Test(
        "that is damaged is told in one line",
        arguments: [
            ("{", "not a JSON document"), ("{}", "not a report of natctl gateway"),
            (
                #"{"kind":"gateway-report","version":1}"#,
                "the report has no gateway or no conversations"
            ),
        ])
    func tellsDamage(text: String, problem: String) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.newFile("report.json")
        try file.write(contentsOf: Data(text.utf8))
        let path = folder.url.appendingPathComponent("report.json").path
        let outcome = try await BuiltTool.run(
            ProjectFiles.simulator, ["--replay", path, "--", "true"])
        #expect(outcome.status == 65)
        #expect(outcome.errors == "gateway-simulator: \(path): \(problem)\n")
        #expect(outcome.output == "")
    }

    @Test("that is not there, and options that do not go with a replay, are told")
    func tellsMisuse() async throws {
        let missing = try await BuiltTool.run(
            ProjectFiles.simulator, ["--replay", "/nowhere/report", "--", "true"])
        #expect(missing.status == 74)
        #expect(
            missing.errors == "gateway-simulator: /nowhere/report: No such file or directory\n")
        let misuse = try await BuiltTool.run(
            ProjectFiles.simulator, ["--replay", "x", "--loss=3", "--", "true"])
        #expect(misuse.status == 64)
        #expect(misuse.errors.contains("--loss=3 cannot be combined with --replay."))
    }
}

/// A router that sends what no router should.
private struct HostileRouter: Sendable, CustomTestStringConvertible {
    /// As `hostile-router.py` calls it.
    var name: String
    /// What the report has at least, so that it was recorded at all.
    var leastSize: Int

    var testDescription: String { name }

    static let all = [
        HostileRouter(name: "endless", leastSize: 200_000),
        HostileRouter(name: "binary", leastSize: 5000),
        HostileRouter(name: "latin-1", leastSize: 1000),
        HostileRouter(name: "flood", leastSize: 50_000),
        HostileRouter(name: "controls", leastSize: 1000),
    ]
}

extension CommandOutcome {
    /// The diagnosis of the first gateway in the document.
    fileprivate var diagnosis: String? {
        get throws { try output.firstGateway["diagnosis"]?.string }
    }
}

extension String {
    /// The first gateway in a document.
    fileprivate var firstGateway: [String: JSONValue] {
        get throws {
            let document = try JSONValue(parsing: Array(utf8)).object
            return document?["gateways"]?.array?.first?.object ?? [:]
        }
    }

    /// The address of the first gateway in a document.
    fileprivate var bestGateway: String { get throws { try firstGateway["address"]?.string ?? "" } }
}
