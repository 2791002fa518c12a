import TestSupport
import Testing

/// Clients that find the simulator on another host, as they find a router.
@Suite("Simulated gateway on a LAN") struct SimulatorLANClientTests {
    @Test("upnpclient finds it, maps, reads, lists and unmaps")
    func upnpclientMaps() async throws {
        let outcome = try await Judge.runOnLAN("upnpclient-session.py", module: "upnpclient")
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == [
                "found ['InternetGatewayDevice']", "events to ['evt', 'IPConn']",
                "address 11.22.33.1", "table tcp 45000 192.168.77.10:8080 upnp laundry",
                "list 45000 TCP 192.168.77.10", "read 8080 True laundry", "table empty",
                "refused 714 NoSuchEntryInArray",
            ])
    }

    @Test("async_upnp_client finds it, maps, lists and unmaps, and maps to no other host")
    func asyncUPnPClientMaps() async throws {
        let outcome = try await Judge.runOnLAN(
            "async-upnp-client-session.py", module: "async_upnp_client")
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == [
                "found 1 gateway", "events to ['evt', 'IPConn']", "status Connected ERROR_NONE",
                "address 11.22.33.1", "table udp 45000 192.168.77.10:9000 upnp parts",
                "list 45000 UDP 192.168.77.10 parts", "refused 606 Action not authorized",
                "table empty",
            ])
    }

    @Test("transmission-cli maps both transports by UPnP, and unmaps them at its end")
    func transmissionMapsByUPnP() async throws {
        let outcome = try await Judge.runOnLAN(
            "transmission-session.py", "2", "0", needing: "transmission-cli", "transmission-create",
            simulator: "--silence", "nat-pmp")
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == [
                "table tcp 51413 192.168.77.10:51413 upnp Transmission at 51413",
                "table udp 51413 192.168.77.10:51413 upnp Transmission at 51413", "table empty",
            ])
    }

    @Test("transmission-cli maps TCP by NAT-PMP where UPnP has no description")
    func transmissionMapsByNATPMP() async throws {
        let outcome = try await Judge.runOnLAN(
            "transmission-session.py", "1", needing: "transmission-cli", "transmission-create",
            simulator: "--fail-description", "503")
        #expect(outcome.errors == "")
        #expect(
            outcome.lines == ["table tcp 51413 192.168.77.10:51413 nat-pmp"])
    }
}
