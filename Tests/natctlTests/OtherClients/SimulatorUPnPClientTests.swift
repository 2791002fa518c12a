import TestSupport
import Testing

@Suite("Simulated gateway and miniupnpc") struct SimulatorUPnPClientTests {
    @Test("upnpc finds it, maps, reaches programs through the mappings, lists and unmaps")
    func upnpcMaps() async throws {
        let outcome = try await Judge.run(
            "upnpc-session", needing: "upnpc", "python3",
            simulator: "--search-port", "1900", "--multicast", "--reported-address", "11.22.33.1")
        #expect(outcome.status == 0)
        let igd = "Found valid IGD : http://127.0.0.1:PORT/ctl/IPConn"
        let address = "ExternalIPAddress = 11.22.33.1"
        let entries = [
            " 0 TCP TCP->127.0.0.1:TCP 'laundry' '' 3600",
            " 1 UDP UDP->127.0.0.1:UDP 'libminiupnpc' '' 3600",
        ]
        var expected = [igd, address]
        expected += [igd, address, Self.redirection("TCP"), "reward"]
        expected += [igd, address, Self.redirection("UDP"), "strap"]
        expected += [igd, address] + entries
        expected += [igd] + entries
        expected += [igd, "UPNP_DeletePortMapping() returned : 0", "refused"]
        expected += [igd, "UPNP_DeletePortMapping() failed with code : 714"]
        expected += [igd, "UPNP_DeletePortMappingRange() returned : 0", "refused"]
        #expect(outcome.lines == expected)
    }

    private static func redirection(_ name: String) -> String {
        "external 11.22.33.1:\(name) \(name) is redirected to internal 127.0.0.1:\(name)"
            + " (duration=3600)"
    }

    @Test("Python's miniupnpc does the same with either version", arguments: ["1", "2"])
    func miniupnpcMaps(version: String) async throws {
        let outcome = try await Judge.run(
            "miniupnpc-session", needing: ".build/python/bin/python3",
            simulator: "--igd", version, "--search-port", "1900", "--multicast",
            "--reported-address", "11.22.33.1")
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == [
                "selected True", "status Connected IP_Routed", "address 11.22.33.1", "add True",
                "reward", "list (True, 'TCP', '127.0.0.1', True, 'laundry')", "read 127.0.0.1",
                "delete True", "read None", "refused",
            ])
    }
}
