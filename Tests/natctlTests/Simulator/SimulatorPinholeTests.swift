import Foundation
import TestSupport
import Testing

/// The built `natctl` on a host whose default gateway is a simulated IPv6 router on another host.
@Suite("natctl -6 on the simulator", .timeLimit(.minutes(10))) struct SimulatorPinholeTests {
    /// Runs a shell's script on the LAN client, in which `natctl` is the built one and `table` shows
    /// the gateway's open ports.
    private static func run(_ options: String..., script: String) async throws -> CommandOutcome {
        try await Judge.need(["ip", "python3"])
        let natctl = ProjectFiles.natctl.deletingLastPathComponent().path
        let table = Judge.tool("mappings.py").path
        let folder = Judge.tool("mappings.py").deletingLastPathComponent().path
        let start = """
            PATH=\(natctl):$PATH NATCTL_STATE=/run/state
            table() { NATCTL_LOCATION=$place python3 \(table); }
            seconds() {
                NATCTL_LOCATION=$place PYTHONPATH=\(folder) python3 -c \\
                    'import mappings; print(*[line.split()[3] for line in mappings.lines()])'
            }
            place=$NATCTL_LOCATION
            unset NATCTL_LOCATION NATCTL_GATEWAY
            export PATH NATCTL_STATE

            """
        return try await Turnstile.processes.pass {
            try await BuiltTool.run(
                Judge.tool("lan"),
                ["-6", ProjectFiles.simulator.path] + options
                    + ["--", "sh", "-c", start + script])
        }
    }

    private static let open = "table tcp 8080 [2a00:77:1::10]:8080"
    private static let line = "tcp [2a00:77:1::10]:8080 <- [2a00:77:1::10]:8080"

    @Test("opens the host's own port, renews it and closes it", arguments: ["pcp", "upnp"])
    func lives(technique: String) async throws {
        let outcome = try await Self.run(
            script: """
                natctl map -6 tcp 8080 --via \(technique)
                table
                natctl map -6 tcp 8080
                table
                natctl unmap tcp 8080 -q
                table
                """)
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == [
                "\(Self.line)  \(technique), 2h", "\(Self.open) \(technique)",
                "\(Self.line)  \(technique), 2h", "\(Self.open) \(technique)", "table empty",
            ])
    }

    @Test("closes by UPnP what PCP will not close, because it has forgotten the nonce")
    func closesByUPnP() async throws {
        let outcome = try await Self.run(
            "--forget-nonces",
            script: """
                natctl map -6 tcp 8080 -q && natctl map -6 tcp 8080 -q
                table
                natctl unmap -6 tcp 8080 -q
                table
                """)
        #expect(outcome.errors == "")
        #expect(outcome.lines == ["8080", "8080", "\(Self.open) pcp", "table empty"])
    }

    @Test("keeps the lease that was asked for on a gateway that lets it grow (A-24)")
    func keepsLease() async throws {
        let outcome = try await Self.run(
            "--only", "upnp", "--grow-leases", "--epoch", "5000",
            script: """
                for _ in 1 2 3; do natctl map -6 tcp 8080 --lifetime 10m -q; done
                seconds
                """)
        #expect(outcome.errors == "")
        let left = try #require(outcome.lines.last.flatMap { Int($0) })
        #expect((550...600).contains(left))
    }

    @Test(
        "ends with the exit code of each refusal",
        arguments: [
            (["--refuse-action", "AddPinhole=701"], 73), (["--pinhole-limit", "0"], 73),
            (["--refuse-action", "AddPinhole=606"], 77), (["--no-inbound"], 77),
            (["--refuse-action", "AddPinhole=706"], 77),
            (["--refuse-action", "AddPinhole=501"], 77),
        ] as [([String], Int32)])
    func refuses(options: [String], status: Int32) async throws {
        try await Judge.need(["ip"])
        let outcome = try await BuiltTool.run(
            Judge.tool("lan"),
            ["-6", ProjectFiles.simulator.path, "--only", "upnp"] + options + [
                "--", "env", "-u", "NATCTL_GATEWAY", "-u", "NATCTL_LOCATION",
                "NATCTL_STATE=/run/state", ProjectFiles.natctl.path, "map", "-6", "tcp", "8080",
            ])
        #expect(outcome.status == status, "\(outcome.errors)")
    }

    @Test("has nothing to open where the firewall is off, and says so")
    func firewallOff() async throws {
        let outcome = try await Self.run(
            "--only", "upnp", "--firewall-off",
            script: "natctl map -6 tcp 8080; table; natctl unmap -6 tcp 8080 -q")
        #expect(outcome.status == 0)
        #expect(outcome.lines == ["\(Self.line)  upnp, 2h", "table empty"])
        #expect(outcome.errors.contains("firewall is off"))
    }

    @Test("asks by UPnP first when one peer alone is to come in")
    func limitsPeer() async throws {
        let outcome = try await Self.run(
            script: "natctl map -6 tcp 8080 --remote-host 2a00:77:9::9 -q; table")
        #expect(outcome.errors == "")
        #expect(outcome.lines == ["8080", "\(Self.open) upnp 2a00:77:9::9"])
    }
}
