import NATTraversal
import Testing

@testable import GatewaySimulator

@Suite("Simulated IPv6 gateway") struct SimulatedPinholeTests {
    private static let client = IPAddress("3ffe:ffff:77::9") ?? .v6(.unspecified)
    private static let address = "3ffeffff 00770000 000000ff fe007710"
    private static let nonce = "00010203 04050607 08090a0b"
    private static let otherNonce = "0c0d0e0f 04050607 08090a0b"
    private static let zeros = " 00000000 00000000 00000000"

    /// A client at the address of the capture.
    private static let captured = IPAddress("3ffe:ffff:77::ff:fe00:7710") ?? .v6(.unspecified)

    private func gateway(_ change: (inout GatewayConfiguration) -> Void = { _ in })
        -> ScriptedGateway
    {
        ScriptedGateway(epoch: 0x5C9) { configuration in
            configuration.gateway = SocketAddress(.v6(.loopback), port: 5351)
            configuration.techniques = [.pcp, .natPMP, .upnp]
            change(&configuration)
        }
    }

    private static func map(
        lifetime: String = "00000e10", nonce: String = nonce, port: String = "1f90",
        _ rest: String = ""
    ) -> [UInt8] {
        bytes(
            "02010000" + lifetime + address + nonce + "06000000 1f90" + port
                + "00000000 00000000 00000000 00000000" + rest)
    }

    private static func granted(
        lifetime: String = "00000e10", nonce: String = nonce, port: String = "1f90",
        _ rest: String = ""
    ) -> [UInt8] {
        bytes(
            "02810000" + lifetime + "000005c9" + zeros + nonce + "06000000 1f90" + port + address
                + rest)
    }

    @Test("answers MAP as a real daemon did: the client's own address and port")
    func mapsAsCaptured() {
        var gateway = gateway()
        #expect(gateway.answer(Self.map(), from: Self.captured) == Self.granted())
        // The filter comes back, and is not enforced.
        let filter = "03000014 00800000 20010db8 00000000 00000000 00000001"
        #expect(
            gateway.answer(Self.map(filter), from: Self.captured) == Self.granted(filter))
        #expect(
            gateway.state.pinholes.pinholes.map(\.endpoint.description) == [
                "[3ffe:ffff:77::ff:fe00:7710]:8080"
            ])
        // NAT-PMP is a version that it does not know.
        #expect(gateway.answer(bytes("0000"), from: Self.captured)?.prefix(4) == [2, 0x80, 0, 1])
    }

    @Test("deletes with the nonce, and what is not there")
    func deletes() {
        var gateway = gateway()
        _ = gateway.answer(Self.map(), from: Self.captured)
        let other = Self.map(lifetime: "00000000", nonce: Self.otherNonce)
        #expect(gateway.answer(other, from: Self.captured)?[3] == 2)
        #expect(gateway.state.pinholes.pinholes.count == 1)
        let own = Self.map(lifetime: "00000000")
        for _ in 1...2 { #expect(gateway.answer(own, from: Self.captured)?[3] == 0) }
        #expect(gateway.state.pinholes.pinholes.isEmpty)
    }

    @Test("forgets the nonce at the first renewal, as a fault: nothing deletes it then")
    func forgetsNonce() {
        var gateway = gateway { $0.faults.pinholes.forgetsNonces = true }
        for _ in 1...2 { _ = gateway.answer(Self.map(), from: Self.captured) }
        for nonce in [Self.nonce, Self.otherNonce] {
            let delete = Self.map(lifetime: "00000000", nonce: nonce)
            #expect(gateway.answer(delete, from: Self.captured)?[3] == 2)
            #expect(gateway.answer(Self.map(nonce: nonce), from: Self.captured)?[3] == 0)
        }
    }

    @Test("answers a renewal with the port that was suggested, as a fault")
    func echoesPort() {
        var gateway = gateway { $0.faults.pinholes.echoesPorts = true }
        #expect(gateway.answer(Self.map(port: "270f"), from: Self.captured) == Self.granted())
        #expect(
            gateway.answer(Self.map(port: "270f"), from: Self.captured)
                == Self.granted(port: "270f"))
        #expect(
            gateway.answer(Self.map(port: "0000"), from: Self.captured)
                == Self.granted(port: "0000"))
    }

    @Test("refuses another host's address, and what it has no room for")
    func refuses() {
        var gateway = gateway { $0.faults.pinholes.limit = 0 }
        let thirdParty = "01000010 3ffeffff 00770000 000000ff fe007711"
        #expect(gateway.answer(Self.map(thirdParty), from: Self.captured)?[3] == 5)
        #expect(gateway.answer(Self.map(), from: Self.captured)?[3] == 8)
        #expect(gateway.answer(Self.map(), from: Self.client)?[3] == 12)
    }

    private static let service = "urn:schemas-upnp-org:service:WANIPv6FirewallControl:1"

    private static func call(_ action: String, _ arguments: [(String, String)] = []) -> String {
        SimulatedUPnPTests.call(action, arguments).replacing(
            SimulatedUPnPTests.service, with: service)
    }

    private static func pinhole(
        client: String = "3ffe:ffff:77::ff:fe00:7710", port: String = "8080",
        protocol number: String = "6", lease: String = "600", from peer: String = ""
    ) -> String {
        call(
            "AddPinhole",
            [
                ("RemoteHost", peer), ("RemotePort", "0"), ("InternalClient", client),
                ("InternalPort", port), ("Protocol", number), ("LeaseTime", lease),
            ])
    }

    private func ask(
        _ gateway: inout ScriptedGateway, _ call: String, from client: IPAddress = captured,
        after: Duration = .zero
    ) -> String {
        let request = HTTPRequest(
            method: "POST", path: "/ctl/IP6FCtl", version: "HTTP/1.1",
            headers: [("SOAPACTION", "\"\"")], body: Array(call.utf8))
        let body =
            gateway.state.react(
                to: request, from: SocketAddress(client, port: 40000),
                at: ScriptedGateway.start + after
            ).answer?.body ?? ""
        if let code = body.firstMatch(of: /<errorCode>(\d+)</) { return String(code.1) }
        return body.matches(of: /<(\w+)>([^<]*)<\/\w+>/).map { "\($0.1)=\($0.2)" }
            .joined(separator: " ")
    }

    @Test("answers each action of the firewall control as a real daemon did")
    func firewall() {
        var gateway = gateway()
        #expect(
            ask(&gateway, Self.call("GetFirewallStatus"))
                == "FirewallEnabled=1 InboundPinholeAllowed=1")
        for _ in 1...2 { #expect(ask(&gateway, Self.pinhole()) == "UniqueID=1") }
        #expect(ask(&gateway, Self.pinhole(port: "8081")) == "UniqueID=2")
        #expect(ask(&gateway, Self.pinhole(port: "0")) == "706")
        #expect(ask(&gateway, Self.pinhole(port: "80")) == "606")
        #expect(ask(&gateway, Self.pinhole(client: "")) == "708")
        #expect(ask(&gateway, Self.pinhole(client: "3FFE:ffff:77::ff:fe00:7710")) == "606")
        #expect(ask(&gateway, Self.pinhole(), from: Self.client) == "606")
        #expect(ask(&gateway, Self.pinhole(protocol: "65535")) == "707")
        #expect(ask(&gateway, Self.pinhole(protocol: "132")) == "705")
        for lease in ["0", "86401"] { #expect(ask(&gateway, Self.pinhole(lease: lease)) == "402") }
        let first = [("UniqueID", "1")]
        #expect(ask(&gateway, Self.call("GetPinholePackets", first)) == "PinholePackets=0")
        #expect(ask(&gateway, Self.call("CheckPinholeWorking", first)) == "709")
        #expect(ask(&gateway, Self.call("DeletePinhole", first), from: Self.client) == "606")
        #expect(ask(&gateway, Self.call("DeletePinhole", first)) == "")
        #expect(ask(&gateway, Self.call("DeletePinhole", first)) == "704")
        #expect(gateway.state.pinholes.pinholes.map(\.endpoint.port) == [8081])
    }

    @Test("closes what PCP has opened when it is added and deleted by UPnP")
    func sharesTable() {
        var gateway = gateway()
        _ = gateway.answer(Self.map(), from: Self.captured)
        #expect(ask(&gateway, Self.pinhole()) == "UniqueID=1")
        _ = ask(&gateway, Self.call("DeletePinhole", [("UniqueID", "1")]))
        #expect(gateway.state.pinholes.pinholes.isEmpty)
    }

    @Test("ends pinholes with their lease, and counts from 1 again after a restart")
    func ends() {
        var gateway = gateway()
        _ = ask(&gateway, Self.pinhole(lease: "600"))
        #expect(ask(&gateway, Self.pinhole(port: "8081"), after: .seconds(601)) == "UniqueID=2")
        _ = gateway.state.restart(at: ScriptedGateway.start + .seconds(601))
        #expect(
            ask(&gateway, Self.pinhole(port: "8082"), after: .seconds(602)) == "UniqueID=1")
        #expect(gateway.state.pinholes.pinholes.map(\.endpoint.port) == [8082])
    }

    @Test("lets leases grow, forgets room, and is off or closed, as faults")
    func faults() {
        var gateway = gateway { configuration in
            configuration.faults.pinholes.growsLeases = true
            configuration.faults.pinholes.unknownPinhole = 402
            configuration.faults.pinholes.limit = 1
        }
        for _ in 1...2 { _ = ask(&gateway, Self.pinhole()) }
        let left = gateway.state.pinholes.pinholes[0].remainingSeconds(at: ScriptedGateway.start)
        #expect(left == 600 + 0x5C9)
        let update = [("UniqueID", "1"), ("NewLeaseTime", "600")]
        _ = ask(&gateway, Self.call("UpdatePinhole", update))
        #expect(
            gateway.state.pinholes.pinholes[0].remainingSeconds(at: ScriptedGateway.start) == 600)
        #expect(ask(&gateway, Self.pinhole(port: "8081")) == "701")
        #expect(ask(&gateway, Self.call("DeletePinhole", [("UniqueID", "9")])) == "402")
        gateway.state.faults.pinholes.refusesInbound = true
        #expect(ask(&gateway, Self.pinhole()) == "703")
        gateway.state.faults.pinholes.isFirewallOff = true
        #expect(ask(&gateway, Self.pinhole()) == "702")
        #expect(
            ask(&gateway, Self.call("GetFirewallStatus"))
                == "FirewallEnabled=0 InboundPinholeAllowed=0")
    }

    @Test("describes the firewall control, and only as an IPv6 router")
    func describes() {
        var ipv6 = gateway()
        #expect(ipv6.document("/rootDesc.xml")?.body.contains(Self.service) == true)
        #expect(ipv6.document("/WANIP6FC.xml")?.body.contains("AddPinhole") == true)
        var ipv4 = ScriptedGateway { $0.techniques = [.upnp] }
        #expect(ipv4.document("/rootDesc.xml")?.body.contains(Self.service) == false)
    }
}
