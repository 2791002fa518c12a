import Foundation
import NATTraversalSupport
import TestSupport
import Testing

/// A real router with a fault, and what `gateway` says of it.
private struct ReportedRouter: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var options: [LabOption]
    var diagnosis: String?

    static let all = [
        ReportedRouter(testDescription: "a willing one", options: [], diagnosis: "public"),
        ReportedRouter(
            testDescription: "an old one", options: [.config("force_igd_desc_v1=yes")],
            diagnosis: "public"),
        ReportedRouter(
            testDescription: "port 5351 closed", options: [.filter("udp dport 5351 reject")],
            diagnosis: "public"),
        ReportedRouter(
            testDescription: "no UPnP", options: [.config("enable_upnp=no")], diagnosis: "public"),
        ReportedRouter(
            testDescription: "no NAT-PMP", options: [.config("enable_natpmp=no")],
            diagnosis: "public"),
        ReportedRouter(
            testDescription: "every port closed", options: [.noDaemon],
            diagnosis: "no-mapping-service"),
        ReportedRouter(
            testDescription: "silence", options: [.silentGateway],
            diagnosis: "no-mapping-service"),
        ReportedRouter(
            testDescription: "control refused", options: [.filter("tcp dport != 22 reject")],
            diagnosis: "public"),
        ReportedRouter(
            testDescription: "control dropped", options: [.filter("tcp dport != 22 drop")],
            diagnosis: "public"),
        ReportedRouter(
            testDescription: "far away", options: [.roundTrip(60)], diagnosis: "public"),
        ReportedRouter(
            testDescription: "lossy", options: [.loss(15)], diagnosis: "public"),
    ]
}

@Suite("A report of a real router", .needsLab, .timeLimit(.minutes(30))) struct ReportTests {
    /// Records the router of a lab and plays it on the client.
    private func record(
        _ lab: Lab, in folder: TemporaryFolder
    ) async throws -> (original: CommandOutcome, report: String, replay: CommandOutcome) {
        let path = folder.url.appendingPathComponent("report.json").path
        let original = try await lab.natctl("gateway --json --timeout 12 --report \(path)")
        let replay = try await lab.on(
            .client,
            words: [
                ProjectFiles.simulator.path, "--replay", path, "--", Lab.natctl.path, "gateway",
                "--json", "--timeout", "12",
            ])
        return (original, try folder.text("report.json"), replay)
    }

    @Test("replays to the same document", arguments: ReportedRouter.all)
    private func replays(router: ReportedRouter) async throws {
        let folder = try TemporaryFolder()
        try await Lab.run(router.options) { lab in
            let (original, report, replay) = try await record(lab, in: folder)
            #expect(original.status == 0, "\(original.errors)")
            #expect(replay.status == 0, "\(replay.errors)")
            let document = try JSONValue(parsing: Array(original.output.utf8)).object
            let best = document?["gateways"]?.array?.first?.object
            #expect(best?["diagnosis"]?.string == router.diagnosis)
            #expect(
                try ReplayedDocument(replay.output, gateway: "127.168.77.1")
                    == ReplayedDocument(report, gateway: "192.168.77.1"))
            #expect(!report.contains("11.22.33.1"))
            #expect(!report.contains("-0000000000aa"))
            if DocumentSchema.isAvailable { try await DocumentSchema.shared.check(report) }
        }
    }

    @Test("without an external address shows the same refusals")
    func noExternalAddress() async throws {
        let folder = try TemporaryFolder()
        try await Lab.run(.external("10.9.9.1")) { lab in
            let (_, report, replay) = try await record(lab, in: folder)
            #expect(
                try ReplayedDocument(replay.output, gateway: "127.168.77.1")
                    == ReplayedDocument(report, gateway: "192.168.77.1"))
        }
    }

    @Test("is for others' clients the same router")
    func othersClients() async throws {
        let folder = try TemporaryFolder()
        try await Lab.run { lab in
            let (_, _, _) = try await record(lab, in: folder)
            let path = folder.url.appendingPathComponent("report.json").path
            let asked = try await lab.on(
                .client,
                words: [
                    ProjectFiles.simulator.path, "--replay", path, "--", "natpmpc", "-g",
                    "127.168.77.1",
                ])
            #expect(asked.output.contains("Public IP address : 11.22."), "\(asked.output)")
        }
    }
}
