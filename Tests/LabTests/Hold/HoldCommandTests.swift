import Foundation
import TestSupport
import Testing

@Suite("A command whose port is held mapped", .needsLab, .timeLimit(.minutes(30)))
struct HoldCommandTests {
    @Test("serves the WAN, also after a restart of the router, and leaves no mapping")
    func serves() async throws {
        try await Lab.run { lab in
            let process = try await lab.start(
                "\(Lab.natctl.path) map tcp 8080 -v -- python3 -m http.server 8080")
            let tool = lab.staying(process)
            _ = try await lab.secondsUntilBack(since: 0, "http", tool: tool)
            try await lab.routerDaemon("kill")
            let back = try await lab.secondsUntilBack(
                since: try await lab.routerDaemon("start"), "http", tool: tool)
            let report = try await tool.report
            #expect(back < HoldRestartTests.limit, "\(report)")
            try await tool.signal(SIGTERM)
            let ended = try await lab.finish(process)
            #expect(ended.status == 128 + SIGTERM, "\(ended.errors)")
            #expect(try await lab.ruleCount() == 0)
            #expect(try await lab.natctl("list --leases -q").lines == [])
        }
    }

    @Test("is seen from the WAN for as long as it runs, and its status is natctl's")
    func ends() async throws {
        try await Lab.run { lab in
            let ended = try await lab.on(
                .client,
                words: [
                    Lab.natctl.path, "map", "tcp", "8080", "--", "sh", "-c",
                    "echo $NATCTL_EXTERNAL_ADDRESS:$NATCTL_EXTERNAL_PORT; router-rules; exit 7",
                ])
            #expect(ended.status == 7, "\(ended.errors)")
            #expect(ended.lines == ["11.22.33.1:8080", "1"])
            #expect(try await lab.ruleCount() == 0)
        }
    }
}
