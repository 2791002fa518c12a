import Foundation
import TestSupport
import Testing

@Suite("Simulated IPv6 gateway and miniupnpc") struct SimulatorPinholeClientTests {
    @Test("upnpc opens a port, renews it by the same words and closes it")
    func upnpcOpens() async throws {
        try await Judge.need(["ip", "python3", "upnpc"])
        // At its global address, because towards a link-local one upnpc asks from a link-local one.
        let outcome = try await BuiltTool.run(
            Judge.tool("lan"),
            [
                "-6", ProjectFiles.simulator.path, "--listen", "2a00:77:1::1", "--http-port",
                "5000", "--", Judge.tool("upnpc-pinholes").path,
            ])
        #expect(outcome.errors == "")
        let added = "AddPinhole: ([]:0 -> [2a00:77:1::10]:8080) / Pinhole ID = 1"
        let entry = "table tcp 8080 [2a00:77:1::10]:8080 upnp"
        #expect(
            outcome.lines == [
                "FirewallEnabled: 1 & Inbound Pinhole Allowed: 1",
                "   Inbound Pinhole Allowed: Yes", added, entry, added, entry,
                "UPNP_DeletePinhole() returned : 0", "table empty",
            ])
    }
}
