import Foundation
import GatewaySimulator
import NATTraversal
import TestSupport
import Testing

@Suite("What users type and name, on the simulator") struct SimulatorHostileTextTests {
    /// Drives a terminal in every way: escape sequences, C1 controls, DEL, bidirectional overrides.
    private static let hostile = "\u{1B}]0;x\u{07}\u{9B}31m\u{85}\u{202E}\u{2066}\u{7F}\t\r\u{8}"

    private static let commands: [[String]] = [
        [hostile], ["help", hostile], ["--\(hostile)"], ["map", hostile, "80"],
        ["map", "tcp", hostile], ["map", "tcp", "80", "--\(hostile)=1"],
        ["map", "tcp", "80", "--via=\(hostile)"], ["map", "tcp", "80", "--gateway", hostile],
        ["map", "tcp", "80", "--location", hostile], ["map", "tcp", "80", "--interface", hostile],
        ["map", "tcp", "80", "--interface", hostile, "--json"],
        ["map", "tcp", "80", "--timeout", hostile], ["map", "tcp", "80", "--lifetime", hostile],
        ["map", "tcp", "80", "--description", hostile], ["map", "tcp", "80", "-e", hostile],
        ["map", "tcp", "80", "--remote-host", hostile],
        ["map", "tcp", "80", "--internal-address", hostile],
        ["map", "tcp", "8080", "--interface", hostile, "--keep"],
        ["map", "tcp", "8080", "-vv", "--", hostile],
        ["map", "tcp", "8080", "--on-change", ": '\(hostile)'", "--", "true"],
        ["unmap", hostile], ["unmap", "tcp", "8080", "--external-port", hostile],
        ["unmap", "tcp", "8080", "--via", "nat-pmp", "--interface", hostile],
        ["list", hostile], ["list", "--interface", hostile], ["list", "--leases"],
        ["list-interfaces", hostile], ["gateway", "--report", "/nowhere/\(hostile)"],
        ["gateway", "--interface", hostile], ["gateway", "-q", "--interface", hostile],
        ["upnp-scan", "--target", hostile], ["upnp-scan", "--interface", hostile],
        ["upnp-scan", "--scan-time", hostile], ["upnp-call", hostile, "Get"],
        ["upnp-call", "WANIPConnection", hostile],
        ["upnp-call", "WANIPConnection", "Get", hostile],
        ["upnp-call", "WANIPConnection", "GetExternalIPAddress", "\(hostile)=\(hostile)"],
        ["upnp-call", "Nowhere", "Get", "--interface", hostile],
        ["external-ip", hostile], ["external-ip", "--interface", hostile, "-vv"],
        ["watch", hostile], ["watch", "--interface", hostile],
    ]

    /// Where text holds what could drive a terminal; nothing where it holds none.
    private static func controls(in text: String) -> [Unicode.Scalar] {
        text.unicodeScalars.filter { scalar in
            switch scalar.value {
            case 0x0A: false
            case 0..<0x20, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
            default: false
            }
        }
    }

    @Test("drives no terminal when it is printed (T-6)", arguments: commands)
    func isHarmless(arguments: [String]) async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.pcp, .natPMP, .upnp] }) { tool in
            var environment = tool.environment
            environment["NATCTL_LOCATION"] = tool.gateway.location
            // A file in place of the folder: it cannot be used, and its path is told.
            let file = tool.state.url.appending(path: Self.hostile)
            try Data().write(to: file)
            environment["NATCTL_STATE"] = file.path
            let outcome = try await BuiltTool.run(
                ProjectFiles.natctl, arguments, environment: environment)
            #expect(outcome.status != 0 || !outcome.errors.isEmpty || !outcome.output.isEmpty)
            #expect(Self.controls(in: outcome.output).isEmpty, "\(outcome.output.debugDescription)")
            #expect(Self.controls(in: outcome.errors).isEmpty, "\(outcome.errors.debugDescription)")
        }
    }

    @Test("leave a row out of the list, and say so, where a peer has a name instead of an address")
    func namedPeer() async throws {
        try await ToolBehindGateway.run({ $0.techniques = [.upnp] }) { tool in
            let location = "--location \(try #require(tool.gateway.location))"
            let added = try await tool.natctl(
                """
                upnp-call WANIPConnection AddPortMapping NewRemoteHost=peer.example \
                NewExternalPort=8080 NewProtocol=TCP NewInternalPort=8080 NewInternalClient=127.0.0.1 \
                NewEnabled=1 NewPortMappingDescription=x NewLeaseDuration=3600 \(location)
                """)
            #expect(added.status == 0, "\(added.errors)")
            // Not as a row that lets anybody in.
            let list = try await tool.natctl("list --via upnp \(location)")
            #expect(!list.output.contains("8080"), "\(list.output)")
            #expect(list.errors.contains("1 entry of the gateway's table is left out: "))
        }
    }

    @Test("cannot pass for another result in the log (T-7)")
    func isNoOtherResult() async throws {
        try await ToolBehindGateway.run({
            $0.techniques = [.upnp]
            $0.faults.upnp.connectionStatus = "Up, NewX=1"
        }) { tool in
            let location = try #require(tool.gateway.location)
            let outcome = try await tool.natctl(
                "upnp-call WANIPConnection GetStatusInfo -vv --location \(location)")
            #expect(outcome.status == 0)
            #expect(
                outcome.errors.contains(" returned NewConnectionStatus=\"Up, NewX=1\", "),
                "\(outcome.errors)")
        }
    }

    @Test("drives no terminal as a variable", arguments: ["NATCTL_GATEWAY", "NATCTL_INTERFACE"])
    func isHarmlessVariable(name: String) async throws {
        try await ToolBehindGateway.run { tool in
            for command in ["external-ip", "map tcp 8080 --json", "watch", "upnp-scan"] {
                let outcome = try await BuiltTool.natctl(
                    command, environment: [name: Self.hostile])
                #expect([64, 69].contains(outcome.status), "\(outcome.errors)")
                let printed = outcome.output + outcome.errors
                #expect(Self.controls(in: printed).isEmpty, "\(printed.debugDescription)")
            }
        }
    }

    @Test("begins no line of its own where the parser repeats it")
    func beginsNoLine() async throws {
        for arguments in [["map", "tcp", "a\nnatctl: done"], ["bogus\nnatctl: done"]] {
            let outcome = try await BuiltTool.run(ProjectFiles.natctl, arguments)
            #expect(outcome.status == 64)
            #expect(!outcome.errors.contains("\nnatctl: done"), "\(outcome.errors)")
        }
    }
}
