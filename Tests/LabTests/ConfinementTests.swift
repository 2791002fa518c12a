import Foundation
import TestSupport
import Testing

@Suite("natctl on a LAN client", .needsLab, .timeLimit(.minutes(30))) struct ConfinementTests {
    @Test("needs no privilege")
    func unprivileged() async throws {
        try await Lab.run { lab in
            // A user namespace without a user in it: nobody, with no capability over the network.
            let mapped = try await lab.on(
                .client, "unshare --user \(Lab.natctl.path) map tcp 8080 -q")
            #expect(mapped.lines == ["8080"], "\(mapped.errors)")
        }
    }

    @Test("runs in a lab that an ordinary user made", .enabled(if: Lab.nobodyCanRunIt))
    func ordinaryUser() async throws {
        try await Lab.run([], asNobody: true) { lab in
            let mapped = try await lab.natctl("map tcp 8080 -q")
            #expect(mapped.lines == ["8080"], "\(mapped.errors)")
        }
    }

    // T-10
    @Test(
        "listens on no TCP port",
        arguments: [
            "map tcp 8080", "unmap tcp 8080 --via nat-pmp", "external-ip", "gateway", "list",
            "map tcp 8080 --via upnp", "upnp-scan",
            "upnp-scan --location http://192.168.77.1:5000/d.xml",
            "upnp-call WANIPConnection GetExternalIPAddress",
        ])
    func listensNowhere(arguments: String) async throws {
        try await Lab.run(.silentGateway) { lab in
            let process = try await lab.start("\(Lab.natctl.path) \(arguments)")
            try await lab.waitUntilGatewayIsAsked()
            #expect(try await lab.on(.client, "ss -H -l -n -t").output == "")
            try await lab.signal(SIGINT, to: process)
            _ = try await lab.finish(process)
        }
    }
}
